using System.Collections.Concurrent;
using OrleansTasks.Silo.Status;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// Sends submissions to their dispatchers, many in one grain call: while a queue's calls are under way, what
/// arrives for it waits and goes together with the next.
/// </summary>
/// <param name="grains">The dispatchers.</param>
/// <param name="idempotency">Keys on their way through this gateway.</param>
/// <param name="link">The way to the dispatchers.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Gets faults.</param>
public sealed class SubmitPump(
    GatewayGrains grains, Idempotency idempotency, IClusterLink link, TimeProvider time, ILogger<SubmitPump> logger)
{
    private const int LeastLanesKept = 64;
    private readonly ConcurrentDictionary<string, SubmitLane> lanes = new();
    private int lanesKept = LeastLanesKept;

    /// <summary>
    /// Submits; completes when everything of the request is on disk, or with why it is not, within
    /// <see cref="SubmitLane.AnswerLimit"/>. Throws 409 <c>in-flight</c> as a <see cref="Http.ProblemException"/> while another request
    /// with the same idempotency key is under way here.
    /// </summary>
    /// <param name="queue">Where to.</param>
    /// <param name="request">What.</param>
    /// <param name="bytes">About how large it is.</param>
    public Task<SubmitVerdict> Submit(string queue, SubmitRequest request, int bytes) =>
        request.Idempotency is { } entry
            ? SubmitOnce(entry, queue, request, bytes)
            : LaneOf(queue).Submit(request, bytes);

    /// <summary>How many submissions to a queue wait for the calls under way.</summary>
    public int WaitingFor(string queue) => lanes.TryGetValue(queue, out var lane) ? lane.Waiting : 0;

    private async Task<SubmitVerdict> SubmitOnce(IdempotencyEntry entry, string queue, SubmitRequest request, int bytes)
    {
        using var claim = idempotency.Enter(entry.Key);
        return await LaneOf(queue).Submit(request, bytes);
    }

    private SubmitLane LaneOf(string queue)
    {
        if (lanes.TryGetValue(queue, out var lane))
            return lane;
        if (lanes.Count >= Volatile.Read(ref lanesKept))
            ForgetIdle();
        return lanes.GetOrAdd(queue, key => new SubmitLane(grains.Dispatcher(key), link, time, logger));
    }

    /// <summary>
    /// Forgets idle lanes once there are twice as many lanes as remained the last time. A submission that has found its lane already goes on
    /// in it, so that a queue may have two lanes for a moment.
    /// </summary>
    private void ForgetIdle()
    {
        foreach (var (queue, lane) in lanes)
        {
            if (lane.IsIdle)
                lanes.TryRemove(KeyValuePair.Create(queue, lane));
        }

        Volatile.Write(ref lanesKept, Math.Max(LeastLanesKept, 2 * lanes.Count));
    }

    /// <summary>How many queues have a lane.</summary>
    public int Lanes => lanes.Count;
}
