using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Http;

/// <summary>
/// A refusal in the form of RFC 9457. <see cref="Problems"/> creates problems, and <see cref="ProblemWriter"/> writes
/// them. Throw a <see cref="ProblemException"/> where returning one would be clumsy.
/// </summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">A stable kebab-case word.</param>
/// <param name="Title">A title, the same for every problem with this code.</param>
/// <param name="Detail">What is wrong, what is allowed, and what to do.</param>
public sealed record Problem(int Status, string Code, string Title, string Detail)
{
    /// <summary>What is wrong with the body, by path; null for other problems.</summary>
    public IReadOnlyList<SpecError>? Errors { get; init; }

    /// <summary>How many lines of a streamed body stay accepted; null for other requests.</summary>
    public long? Accepted { get; init; }

    /// <summary>The task that holds the unique key; null for other problems.</summary>
    public TaskId? Task { get; init; }

    /// <summary>The seconds for <c>Retry-After</c>; null to send no such header.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>
    /// Returns the problem with its errors at the places of another document, such as the body from which the service
    /// made the one that was checked; the problem itself if it has no errors by path.
    /// </summary>
    /// <param name="placeOf">Returns an error at its place in the other document.</param>
    /// <param name="code">The code for invalid values in the other document; null to keep this problem's code.</param>
    public Problem At(Func<SpecError, SpecError> placeOf, string? code = null) =>
        Errors is { } errors ? Problems.Invalid(code ?? Code, [.. errors.Select(placeOf)]) : this;
}
