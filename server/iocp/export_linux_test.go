package iocp

// OpenTinyUring is a uring port as an old kernel would make it, whose rings hold so little
// that they overflow at every turn.
func OpenTinyUring(cfg Config) (Port, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return openUring(cfg, setupCoopTaskrun, tiny)
}
