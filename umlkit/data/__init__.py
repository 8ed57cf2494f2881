"""Files and arrays to checked data sets, roles and tensors."""
