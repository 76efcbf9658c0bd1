using System.Text;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Grains.Tests.Dispatch;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Allocation.Tests;

/// <summary>What a task passes on its way, each as code that runs it for many tasks and returns the bytes for each of them.</summary>
internal static class HotPaths
{
    private const int Rounds = 20;
    private const int RoundTasks = 50;
    private const int Tasks = Rounds * RoundTasks;
    private static readonly byte[] Body = Encoding.UTF8.GetBytes(
        """{"argv":["/usr/bin/convert","a.png","a.jpg"],"queue":"images","timeout":"5m","env":{"LEVEL":"debug"},"retry":{"maxAttempts":3}}""");

    /// <summary>The paths by name.</summary>
    public static IReadOnlyDictionary<string, Func<double>> All { get; } = new Dictionary<string, Func<double>>
    {
        ["read-spec"] = static () => EachOf(Tasks, static _ => ReadSpec()),
        ["accept"] = static () => Life().Accepting,
        ["assign"] = static () => Life().Assigning,
        ["start"] = static () => Life().Starting,
        ["end"] = static () => Life().Ending,
        ["answer"] = static () => Answers(),
        ["list-row"] = static () => Rows(),
    };

    private static void ReadSpec()
    {
        var errors = new SpecErrors();
        Assert.NotNull(TaskSpecReader.Read(Body, 1_800_000_000_000, errors, out _));
    }

    /// <summary>Tasks from their submission to their end, in rounds as under load: many operations share one commit.</summary>
    private static (double Accepting, double Assigning, double Starting, double Ending) Life()
    {
        var rig = new CoreRig();
        rig.Node("n", RoundTasks);
        var (accepting, assigning, starting, ending) = (0L, 0L, 0L, 0L);
        for (var round = 0; round < Rounds; round++)
        {
            SubmitRequest[] requests = [.. Enumerable.Range(0, RoundTasks).Select(_ => new SubmitRequest([rig.Submission()], null, null))];
            accepting += Round(rig, (core, draft) =>
            {
                foreach (var request in requests)
                    core.Accept(request, null, rig.Now, draft);
            });
            assigning += Round(rig, (core, draft) => core.Match(rig.Now, draft));
            LeaseRef[] leases = [.. requests.Select(request => rig.LeaseOf(request.Tasks[0].Id))];
            Assert.All(leases, static lease => Assert.Equal(1, lease.Attempt));
            var started = new NodeReport("n", 1, [.. leases], [], []);
            starting += Round(rig, (core, draft) => core.Reports.Take(started, rig.Now, draft));
            var ended = new NodeReport("n", 1, [], [.. leases.Select(static lease => CoreRig.Result(lease, EndReason.Exit, 0))], []);
            ending += Round(rig, (core, draft) => core.Reports.Take(ended, rig.Now, draft));
            Assert.All(requests, request => Assert.Equal(TaskState.Succeeded, rig.State(request.Tasks[0].Id)));
        }

        return ((double)accepting / Tasks, (double)assigning / Tasks, (double)starting / Tasks, (double)ending / Tasks);
    }

    /// <summary>What one round decides; what it commits is stored outside of the count.</summary>
    private static long Round(CoreRig rig, Action<DispatchCore, CommitDraft> apply)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var draft = new CommitDraft();
        apply(rig.Core, draft);
        rig.Core.Tick(rig.Now, draft);
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        rig.Store.Apply(draft, rig.Core);
        return bytes;
    }

    private static double Answers()
    {
        var submission = new CoreRig().Submission();
        return EachOf(Tasks, _ =>
        {
            var json = JsonAnswer.Rent();
            AcceptedJson.Write(json, submission, "images");
            json.Return();
        });
    }

    private static double Rows()
    {
        var record = AcceptedTask.Of(new CoreRig().Submission(), "images") with { Spec = Body };
        return EachOf(Tasks, _ =>
        {
            var json = JsonAnswer.Rent();
            HotJson<TaskRowAnswer>.Write(json.Writer, TaskRowAnswer.Of(record.AsRow()));
            json.Return();
        });
    }

    private static double EachOf(int count, Action<int> act)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < count; i++)
            act(i);
        return (double)(GC.GetAllocatedBytesForCurrentThread() - before) / count;
    }
}
