namespace OrleansTasks.Client.Http;

/// <summary>Ends a request with a problem.</summary>
/// <param name="problem">The problem for the caller.</param>
public sealed class ProblemException(Problem problem) : Exception(problem.Detail)
{
    /// <summary>The problem for the caller.</summary>
    public Problem Problem { get; } = problem;
}
