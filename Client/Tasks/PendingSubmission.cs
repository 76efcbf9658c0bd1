using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>A submission on its way through a lane.</summary>
/// <param name="request">What is submitted.</param>
/// <param name="bytes">About how large it is.</param>
/// <param name="arrived">When it came, as a timestamp of the lane's clock.</param>
internal sealed class PendingSubmission(SubmitRequest request, int bytes, long arrived)
{
    private readonly TaskCompletionSource<SubmitVerdict> reply = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What is submitted.</summary>
    public SubmitRequest Request => request;

    /// <summary>About how large it is.</summary>
    public int Bytes => bytes;

    /// <summary>When it came.</summary>
    public long Arrived => arrived;

    /// <summary>Whether it has been on its way to the dispatcher, which may have carried it out.</summary>
    public bool IsSent { get; set; }

    /// <summary>Whether its caller has been answered.</summary>
    public bool IsAnswered => reply.Task.IsCompleted;

    /// <summary>What its caller is told.</summary>
    public Task<SubmitVerdict> Verdict => reply.Task;

    /// <summary>Answers its caller, unless that has been done.</summary>
    public void Answer(SubmitVerdict verdict) => reply.TrySetResult(verdict);
}
