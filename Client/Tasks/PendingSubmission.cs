using System.Diagnostics;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// A submission on its way through a lane. It is answered in two steps, since its caller goes on within the second one: the first
/// <see cref="TryDecide"/> decides the answer, and whoever decided it calls <see cref="Tell"/> once it holds no lock.
/// </summary>
/// <param name="request">What is submitted.</param>
/// <param name="bytes">About how large it is.</param>
/// <param name="arrived">When it came, as a timestamp of the lane's clock.</param>
internal sealed class PendingSubmission(SubmitRequest request, int bytes, long arrived) : TaskCompletionSource<SubmitVerdict>
{
    private int isAnswered;
    private SubmitVerdict verdict;

    /// <summary>What is submitted.</summary>
    public SubmitRequest Request => request;

    /// <summary>About how large it is.</summary>
    public int Bytes => bytes;

    /// <summary>When it came.</summary>
    public long Arrived => arrived;

    /// <summary>The span of the request that it came with; null while nobody traces.</summary>
    public Activity? Span { get; } = Activity.Current;

    /// <summary>Whether it has been on its way to the dispatcher, which may have carried it out.</summary>
    public bool IsSent { get; set; }

    /// <summary>Whether the answer is decided.</summary>
    public bool IsAnswered => Volatile.Read(ref isAnswered) != 0;

    /// <summary>Decides what its caller is told; false when that has been decided before. Thread-safe.</summary>
    public bool TryDecide(SubmitVerdict answer)
    {
        if (Interlocked.Exchange(ref isAnswered, 1) != 0)
            return false;
        verdict = answer;
        return true;
    }

    /// <summary>Tells its caller, who goes on at once, on this thread.</summary>
    public void Tell() => SetResult(verdict);
}
