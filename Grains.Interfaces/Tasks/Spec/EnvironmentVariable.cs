namespace OrleansTasks.Tasks.Spec;

/// <summary>A variable that a task adds to its environment.</summary>
/// <param name="Name">As <c>[A-Za-z_][A-Za-z0-9_]*</c>.</param>
/// <param name="Value">Any text without NUL.</param>
public readonly record struct EnvironmentVariable(string Name, string Value);
