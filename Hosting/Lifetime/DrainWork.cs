namespace OrleansTasks.Lifetime;

/// <summary>What a process finishes after the first signal, while it still answers.</summary>
/// <param name="Limit">How long it may take.</param>
/// <param name="Finish">Finishes it.</param>
public sealed record DrainWork(TimeSpan Limit, Func<Task> Finish);
