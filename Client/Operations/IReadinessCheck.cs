namespace OrleansTasks.Client.Operations;

/// <summary>Something that must work before the service takes work.</summary>
public interface IReadinessCheck
{
    /// <summary>What it is, in a word: <c>store</c>.</summary>
    string Name { get; }

    /// <summary>What keeps it from working, for operators; null when nothing does. Quick, and never throws.</summary>
    ValueTask<string?> FindProblem(CancellationToken cancellation);
}
