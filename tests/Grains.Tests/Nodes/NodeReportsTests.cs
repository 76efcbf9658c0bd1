using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Nodes;

/// <summary>What a worker reports, split by queue.</summary>
public sealed class NodeReportsTests
{
    private const string A = "a";
    private const string B = "b";

    [Fact]
    public void Split_Nothing_GivesNoReport() => Assert.Empty(NodeReports.Split(Report([], [], [])));

    [Fact]
    public void Split_OneQueue_GivesTheReportItself()
    {
        var whole = Report([Lease(A, 1)], [Lease(A, 2)], [Lease(A, 3)]);
        var (queue, report) = Assert.Single(NodeReports.Split(whole));
        Assert.Equal(A, queue);
        Assert.Same(whole, report);
    }

    [Fact]
    public void Split_QueueThatOnlyUnableNames_GetsAReportOfIt()
    {
        var (queue, report) = Assert.Single(NodeReports.Split(Report([], [], [Lease(B, 1)])));
        Assert.Equal(B, queue);
        Assert.Equal([Lease(B, 1)], report.Unable!.Value);
    }

    [Fact]
    public void Split_TwoQueues_EachGetsItsOwnOfEveryList()
    {
        var reports = NodeReports.Split(Report([Lease(A, 1), Lease(B, 2)], [Lease(B, 3), Lease(A, 4)], [Lease(A, 5), Lease(B, 6)]))
            .ToDictionary(static part => part.Queue, static part => part.Report);
        Assert.Equal([A, B], reports.Keys.Order(StringComparer.Ordinal));
        foreach (var (queue, (node, session, started, results, refused)) in reports.Select(
            static part => (part.Key, (part.Value.Node, part.Value.Session, part.Value.Started, part.Value.Results, part.Value.Refused))))
        {
            Assert.Equal(("n", 7L), (node, session));
            Assert.Equal([Lease(queue, queue == A ? 1 : 2)], started);
            Assert.Empty(results);
            Assert.Equal([Lease(queue, queue == A ? 4 : 3)], refused);
            Assert.Equal([Lease(queue, queue == A ? 5 : 6)], reports[queue].Unable!.Value);
        }
    }

    [Fact]
    public void Split_WithoutUnable_NamesNone()
    {
        var reports = NodeReports.Split(new NodeReport("n", 7, [Lease(A, 1), Lease(B, 2)], [], []));
        Assert.Equal([null, null], reports.Select(static part => part.Report.Unable));
    }

    private static NodeReport Report(ImmutableArray<LeaseRef> started, ImmutableArray<LeaseRef> refused, ImmutableArray<LeaseRef> unable) =>
        new("n", 7, started, [], refused, unable);

    private static LeaseRef Lease(string queue, int task) => new(new TaskId(1, (ulong)task), queue, 1, default);
}
