"""The classifier: network, stored weights, engines and the folder that holds them."""
