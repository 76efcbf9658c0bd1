using System.Collections.Concurrent;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// Sends submissions to their dispatchers, many in one grain call: requests that arrive while a queue's calls are open
/// wait and are sent together with the next call.
/// </summary>
/// <param name="grains">The dispatchers.</param>
/// <param name="idempotency">The idempotency keys in use by open calls of this gateway.</param>
/// <param name="link">The link to the silos.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs faults.</param>
public sealed class SubmitPump(
    GatewayGrains grains, Idempotency idempotency, IClusterLink link, TimeProvider time, ILogger<SubmitPump> logger)
{
    private const int LeastLanesKept = 64;
    private readonly ConcurrentDictionary<string, SubmitLane> lanes = new();
    private int lanesKept = LeastLanesKept;

    /// <summary>
    /// Submits a request. Completes within <see cref="SubmitLane.AnswerLimit"/>, when everything in the request is on
    /// disk or with the reason why it is not. Throws 409 <c>in-flight</c> as a <see cref="Http.ProblemException"/>
    /// while another request with the same idempotency key is open here.
    /// </summary>
    /// <param name="queue">The queue.</param>
    /// <param name="request">The request.</param>
    /// <param name="bytes">Its approximate size in bytes.</param>
    public Task<SubmitVerdict> Submit(string queue, SubmitRequest request, int bytes) =>
        request.Idempotency is { } entry
            ? SubmitOnce(entry, queue, request, bytes)
            : LaneOf(queue).Submit(request, bytes);

    /// <summary>Returns how many submissions to a queue wait for a call.</summary>
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
    /// Drops idle lanes when the number of lanes has doubled since the last time. A submission that has already found
    /// its lane continues in it, so a queue may briefly have two lanes.
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

    /// <summary>The number of queues with a lane.</summary>
    public int Lanes => lanes.Count;
}
