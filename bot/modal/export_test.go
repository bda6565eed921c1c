package modal

// BlockID is blockID, for tests.
var BlockID = blockID
