module dummyload

go 1.26.8
