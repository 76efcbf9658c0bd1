namespace OrleansTasks.Client.Operations;

/// <summary>A condition for the service to take work.</summary>
public interface IReadinessCheck
{
    /// <summary>The check's name, in one word, such as <c>store</c>.</summary>
    string Name { get; }

    /// <summary>
    /// Returns what keeps the service from taking work, for operators; null if nothing does. Returns quickly and never
    /// throws.
    /// </summary>
    ValueTask<string?> FindProblem(CancellationToken cancellation);
}
