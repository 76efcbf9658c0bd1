namespace OrleansTasks.Tasks.Spec;

/// <summary>A variable that a task adds to its environment.</summary>
/// <param name="Name">The name, which matches <c>[A-Za-z_][A-Za-z0-9_]*</c>.</param>
/// <param name="Value">The value: any string without NUL.</param>
[GenerateSerializer, Immutable, Alias("ot.EnvironmentVariable")]
public readonly record struct EnvironmentVariable([property: Id(0)] string Name, [property: Id(1)] string Value);
