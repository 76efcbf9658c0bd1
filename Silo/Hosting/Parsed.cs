namespace OrleansTasks.Silo.Hosting;

/// <summary>A value that could be read; null in its place: it could not.</summary>
internal readonly record struct Parsed<T>(T Value);
