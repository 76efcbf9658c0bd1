using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Http;

/// <summary>
/// A refusal as RFC 9457 tells it. <see cref="Problems"/> makes them; <see cref="ProblemWriter"/> writes them; throw
/// one as a
/// <see cref="ProblemException"/> where returning it would be clumsy.
/// </summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">A stable kebab-case word.</param>
/// <param name="Title">The same for every problem of this code.</param>
/// <param name="Detail">What was wrong, what is allowed, and what to do.</param>
public sealed record Problem(int Status, string Code, string Title, string Detail)
{
    /// <summary>What is wrong with the body, by path; null for other problems.</summary>
    public IReadOnlyList<SpecError>? Errors { get; init; }

    /// <summary>How many lines of a streamed body stay accepted; null for other requests.</summary>
    public long? Accepted { get; init; }

    /// <summary>Seconds for <c>Retry-After</c>; null sends none.</summary>
    public int? RetryAfter { get; init; }
}
