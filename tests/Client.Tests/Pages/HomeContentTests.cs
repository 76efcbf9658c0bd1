using System.Text;
using OrleansTasks.Client.Pages;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Pages;

public sealed class HomeContentTests
{
    private const string Evil = "<script>alert(\"1\")</script>";

    [Fact]
    public void Of_NamesFromOutside_AreEncodedEverywhere()
    {
        var html = HomeContent.Of(new SystemView(
            new TaskSummary(1, [new(TaskState.Failed, 1)], [], []),
            [new NodeView(Evil, NodeState.Ready, 2, 0, [], Evil, Evil, 0, 0, 0, default!)],
            [new QueueStatus(Evil, 0, 0, 0, 1)],
            [Task(Evil, Evil, Evil)]), $"http://{Evil}");
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("\"1\"", html, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_CountsByState_ShowsEveryState()
    {
        var html = HomeContent.Of(new SystemView(new TaskSummary(1_234, [new(TaskState.Succeeded, 1_234)], [], []), [], [], []), "http://localhost");
        Assert.Contains("<b>1,234</b><span class=\"succeeded\">succeeded</span>", html, StringComparison.Ordinal);
        foreach (var state in TaskStates.All)
            Assert.Contains($">{state.Name()}</span>", html, StringComparison.Ordinal);
        Assert.Contains("http://localhost/tasks</pre>", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(EndReason.Exit, 3, null, "exit 3")]
    [InlineData(EndReason.Signal, null, "SIGKILL", "SIGKILL")]
    [InlineData(EndReason.Timeout, null, null, "timeout")]
    public void Of_EndedTask_SaysWhy(EndReason reason, int? exitCode, string? signal, string words)
    {
        var task = Task("n", "q", "node") with { Reason = reason, ExitCode = exitCode, Signal = signal };
        var html = HomeContent.Of(new SystemView(new TaskSummary(0, [], [], []), [], [], [task]), "http://localhost");
        Assert.Contains($"<td>{words}</td>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Policy_AllowsNothingButThePagesOwn()
    {
        var policy = PageTemplate.Built.Policy;
        Assert.StartsWith("default-src 'none'; ", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        var page = PageTemplate.Built.Around("<p>x</p>");
        Assert.Contains("<p>x</p>", page, StringComparison.Ordinal);
        Assert.DoesNotContain(" style=", page, StringComparison.Ordinal);
        Assert.DoesNotContain(" onclick=", page, StringComparison.Ordinal);
        var script = page[(page.IndexOf("<script>", StringComparison.Ordinal) + 8)..page.IndexOf("</script>", StringComparison.Ordinal)];
        var hash = Convert.ToBase64String(global::System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(script)));
        Assert.Contains($"script-src 'sha256-{hash}'", policy, StringComparison.Ordinal);
    }

    private static TaskRecord Task(string name, string queue, string node) => new(
        new TaskIdSource(TimeProvider.System, new Random(1)).Next(), name, queue, 5, TaskState.Failed, 1, node, 1, 1, 1, 1, null, EndReason.Exit,
        null, 0, 0, false, default, [], default, null);
}
