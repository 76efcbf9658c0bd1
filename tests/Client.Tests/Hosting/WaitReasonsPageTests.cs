using System.Text.RegularExpressions;

namespace OrleansTasks.Client.Tests.Hosting;

/// <summary>docs/queues.md, the OpenAPI document and the dispatcher name the same reason codes of <c>why</c>.</summary>
public sealed class WaitReasonsPageTests
{
    [Fact]
    public void Page_HasARowForEachCodeOfTheDocument_InOrder_AndNoOther()
    {
        var section = Read("docs/queues.md").Split("## Why a task is not running yet")[1].Split("The estimate is")[0];

        Assert.Equal(Documented(), Codes(section, @"(?m)^\| `([a-z-]+)` \|"));
    }

    [Fact]
    public void Dispatcher_GivesTheCodesOfTheDocument_AndNoOther()
    {
        // What also holds a queue back has its code by a name: HoldCause.MaxRunning is max-running.
        var code = Read("Grains/Dispatch/Assignment/WaitReasons.cs");
        var given = Codes(code, @"new WaitReason\(\s*""([a-z-]+)""").Concat(
            Codes(code, @"HoldCause\.([A-Za-z]+)\.Code\(\)").Select(static name =>
                Regex.Replace(name, "(?<=[a-z])(?=[A-Z])", "-").ToLowerInvariant()));

        Assert.Equal(Documented().Order(StringComparer.Ordinal), given.Distinct().Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Documented()
    {
        var list = Regex.Match(Read("Client/OpenApi/components.json"), @"""enum"": \[[^]]*""ahead-of-it""[^]]*\]");
        return Codes(list.Value, @"""([a-z-]+)""").Skip(1);
    }

    private static IEnumerable<string> Codes(string text, string pattern) =>
        Regex.Matches(text, pattern).Select(static one => one.Groups[1].Value);

    private static string Read(string file)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "OrleansTasks.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return File.ReadAllText(Path.Combine(folder, file));
    }
}
