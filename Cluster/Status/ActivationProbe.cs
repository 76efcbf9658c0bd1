using System.Diagnostics.CodeAnalysis;

namespace OrleansTasks.Cluster.Status;

/// <summary>
/// Asks a silo for a grain that is not active yet, as the first task of a queue, a new job and a new webhook do. A silo whose
/// active grains answer may still be unable to activate others. Asks at most every five seconds.
/// </summary>
/// <param name="grains">Makes references: of a gateway to the silo that it is connected to, of a silo to itself.</param>
/// <param name="time">The clock.</param>
public sealed class ActivationProbe(IGrainFactory grains, TimeProvider time)
{
    private const string Fault = "it cannot activate grains: queues, jobs and webhooks that are not in use fail; see the silo's log";
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private Task<string?>? latest;
    private long askedAt;

    /// <summary>Returns what is wrong, as the end of a sentence about a silo; null if a new grain answers.</summary>
    public Task<string?> FindFault()
    {
        lock (gate)
        {
            if (latest is not null && (!latest.IsCompleted || time.GetElapsedTime(askedAt) < Freshness))
                return latest;
            askedAt = time.GetTimestamp();
            return latest = Ask();
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever the reason is, a task would meet it too.")]
    private async Task<string?> Ask()
    {
        try
        {
            await grains.GetGrain<IClusterReaderGrain>($"{IClusterReaderGrain.ProbePrefix}{time.GetTimestamp()}").Store()
                .WaitAsync(AnswerLimit, time);
            return null;
        }
        catch (Exception)
        {
            return Fault;
        }
    }
}
