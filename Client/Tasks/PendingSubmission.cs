using System.Diagnostics;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// A submission in a lane. It is answered in two steps, because <see cref="Tell"/> runs the caller's continuation: the
/// first <see cref="TryDecide"/> determines the answer, and its caller then calls <see cref="Tell"/> without holding a
/// lock.
/// </summary>
/// <param name="request">The request.</param>
/// <param name="bytes">Its approximate size in bytes.</param>
/// <param name="arrived">When it arrived, as a timestamp of the lane's clock.</param>
internal sealed class PendingSubmission(SubmitRequest request, int bytes, long arrived) : TaskCompletionSource<SubmitVerdict>
{
    private int isAnswered;
    private SubmitVerdict verdict;

    /// <summary>The request.</summary>
    public SubmitRequest Request => request;

    /// <summary>The request's approximate size in bytes.</summary>
    public int Bytes => bytes;

    /// <summary>When the request arrived, as a timestamp of the lane's clock.</summary>
    public long Arrived => arrived;

    /// <summary>The span of the HTTP request; null if tracing is off.</summary>
    public Activity? Span { get; } = Activity.Current;

    /// <summary>Whether the request was sent to the dispatcher, which may have executed it.</summary>
    public bool IsSent { get; set; }

    /// <summary>Whether the answer is determined.</summary>
    public bool IsAnswered => Volatile.Read(ref isAnswered) != 0;

    /// <summary>Determines the answer; returns false if it was already determined. Thread-safe.</summary>
    public bool TryDecide(SubmitVerdict answer)
    {
        if (Interlocked.Exchange(ref isAnswered, 1) != 0)
            return false;
        verdict = answer;
        return true;
    }

    /// <summary>Completes the submission. The caller continues at once, on this thread.</summary>
    public void Tell() => SetResult(verdict);
}
