namespace OrleansTasks.Client.Http;

/// <summary>Ends a request with a problem.</summary>
/// <param name="problem">What the caller is told.</param>
public sealed class ProblemException(Problem problem) : Exception(problem.Detail)
{
    /// <summary>What the caller is told.</summary>
    public Problem Problem { get; } = problem;
}
