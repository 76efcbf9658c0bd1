using System.Text;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>What a node with <c>forEach</c> makes of the stored standard output of another node.</summary>
public sealed class ItemReadingTests
{
    private const int Lines = 5_000;

    // As many as a node has open at once: no item ends here.
    private const int Dealt = 2_000;

    [Theory]
    [InlineData(Lines, null)]
    [InlineData(Lines - 1, "output that was removed")]
    [InlineData(0, "output that was removed")]
    public async Task Stdout_IsReadWhole_OrTheNodeFails(int kept, string? fault)
    {
        await using var cluster = await GrainCluster.StartAsync();
        var feed = await cluster.Listen();
        var worker = await cluster.Worker("w");
        var (workflow, list, each) = await Submit(cluster);
        var lease = await worker.NextStart();
        var output = Output(Lines);
        await cluster.Outputs.Append(list, 1, lease.Token, OutputStream.Stdout, 0, Output(kept));
        var said = AttemptOutput.Empty with { StdoutBytes = output.Length, Inline = false };
        await worker.Node.Report(
            worker.Session, [], [new AttemptResult(lease, EndReason.Exit, 0, null, 1, 1, 1, said)], []).Soon();

        if (fault is null)
        {
            while ((await cluster.Memory.Workflows.Items(workflow)) is not [{ Row: { Count: Lines, Made: Dealt } }])
                await feed.Next();
            return;
        }

        await feed.Until(each, TaskState.Failed);
        Assert.Contains(
            fault, Assert.Single(await cluster.Memory.Workflows.Items(workflow)).Row.Fault, StringComparison.Ordinal);
    }

    private static byte[] Output(int lines) =>
        Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, lines).Select(static line => $"{line}\n")));

    private static async Task<(TaskId Workflow, TaskId List, TaskId Each)> Submit(GrainCluster cluster)
    {
        var request = cluster.Request(3);
        var (list, each, id) = (request.Tasks[0].Id, request.Tasks[1].Id, request.Tasks[2].Id);
        var outline = new WorkflowOutline("w", FailureRule.Continue, [],
        [
            new OutlineNode("list", false, []),
            new OutlineNode("each", false, [new WorkflowEdge(0, EndCondition.Succeeded)])
            {
                ForEach = new ForEach(0, ItemsFrom.Stdout, ""),
            },
        ]);
        await cluster.Send(request with
        {
            Tasks =
            [
                request.Tasks[0] with { WorkflowNode = "list" },
                request.Tasks[1] with
                {
                    WorkflowNode = "each", IsForEach = true, Spec = "{\"cmd\":\"true\"}"u8.ToArray(),
                    After = [new TaskDependency(list, EndCondition.Succeeded)],
                },
            ],
            Batch = id,
            Workflow = new WorkflowStart(id, outline.Write()),
        });
        return (id, list, each);
    }
}
