using System.Text;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.World;
using OrleansTasks.Simulation.Worker;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Gateways;

/// <summary>
/// Those who submit one very short task after the other and wait for each, once nothing is wrong any more. They come in the moments in
/// which the gateway looks through its subscriptions: for an instant nobody waits, and in the next somebody does.
/// </summary>
internal sealed class HurriedUsers(
    SimCluster cluster, SimProcess process, GatewayLife gateways, WaitWatch watch, IReadOnlyList<string> queues, Users users, Waiters waiters)
{
    private const int Rounds = 2;
    private static readonly TimeSpan RefreshPeriod = Client.Feed.FeedHub.RefreshPeriod;
    private static readonly TimeSpan Ahead = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Beyond = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan AtLeast = TimeSpan.FromSeconds(1);
    private int left = Rounds * queues.Count;

    /// <summary>Whether they have what they wanted.</summary>
    public bool AreDone => left == 0;

    private TimeSpan Now => TimeSpan.FromTicks(cluster.Clock.GetTimestamp());

    /// <summary>Has them come when it is calm.</summary>
    public void Begin() => cluster.After(watch.Calm - Now, () => process.Post(Plan));

    private void Plan()
    {
        var since = Now - (gateways.Current?.StartedAt ?? Now);
        for (var round = 1; round <= Rounds; round++)
        {
            var refresh = Now - since + (RefreshPeriod * (Math.Floor((since + AtLeast) / RefreshPeriod) + round));
            foreach (var queue in queues)
                cluster.After(refresh - Ahead - Now, () => process.Run(() => Hurry(queue, refresh + Beyond)));
        }
    }

    private async Task Hurry(string queue, TimeSpan until)
    {
        while (Now < until)
        {
            var accepted = await users.SubmitUntilAccepted(queue, [NewTask()], key: null);
            await waiters.Ended(accepted[0]);
        }

        left--;
    }

    private static TaskSubmission NewTask() => new(
        default, "h", 9, 0, 0, RetryPolicy.Default, [], [], Limits.None,
        Encoding.UTF8.GetBytes(new ProcessBehaviour(TimeSpan.Zero, 0, false, 0).ToJson()), default);
}
