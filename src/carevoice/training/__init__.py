"""Making a model folder from labelled comments; needs the extra "train"."""
