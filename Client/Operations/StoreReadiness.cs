using OrleansTasks.Client.Tasks;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Storage;

namespace OrleansTasks.Client.Operations;

/// <summary>
/// Checks that a silo answers and its store takes work. The check needs no key, so its answer does not contain the
/// silo's address.
/// </summary>
public sealed class StoreReadiness(IClusterLink link, GatewayGrains grains, TimeProvider time) : IReadinessCheck
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc />
    public string Name => "store";

    /// <inheritdoc />
    public async ValueTask<string?> FindProblem(CancellationToken cancellation)
    {
        for (var began = time.GetTimestamp(); link.IsUp; await Task.Delay(Pause, time, cancellation))
        {
            var left = AnswerLimit - time.GetElapsedTime(began);
            try
            {
                var limit = left > TimeSpan.Zero ? left : TimeSpan.Zero;
                return Problem(await grains.Cluster.Store().WaitAsync(limit, time, cancellation));
            }
            catch (Exception fault)
            {
                // Of several silos, another one can answer.
                if (!Faults.IsSiloGone(fault) || time.GetElapsedTime(began) + Pause >= AnswerLimit)
                    return "the silo does not answer";
            }
        }

        return "no silo answers";
    }

    private static string? Problem(StoreHealth health) => health switch
    {
        StoreHealth.Healthy => null,
        StoreHealth.LowSpace or StoreHealth.NoSpace => "the disk is nearly full: the service still writes results while "
            + "space is left, but accepts nothing new",
        StoreHealth.Damaged => "its file is damaged; stop the service, keep a copy of the data folder, and restore the "
            + "store from a backup",
        _ => "the last write failed",
    };
}
