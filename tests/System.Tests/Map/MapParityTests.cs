using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Map;

/// <summary>
/// <c>otask map</c> beside GNU parallel: parallel-cases.json has what the real one made of 160 argument lists.
/// parallel-cases.py writes it anew.
/// </summary>
public sealed class MapParityTests(SharedServices services) : DataFolders
{
    private static readonly JsonArray Cases = JsonNode.Parse(File.ReadAllText(
        Path.Combine(BuiltPrograms.Repository, "tests/System.Tests/Map/parallel-cases.json")))!.AsArray();

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Cases.Count)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public async Task Map_ADryRun_PrintsTheCommandsOfGnuParallel(int number)
    {
        var ended = await Otask.Run(["map", "--dry-run", .. ArgumentsOf(number)]);

        Assert.Equal((Expected(number, "commands"), "", 0), (ended.Output, ended.Errors, ended.ExitCode));
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public async Task Map_ARun_HasTheOutputAndExitCodeOfGnuParallel(int number)
    {
        var service = await services.Running;

        var ended = await Otask.Run(service, ["map", .. ArgumentsOf(number)]);

        Assert.Equal((Expected(number, "output"), (int)Cases[number]!["exitCode"]!), (ended.Output, ended.ExitCode));
    }

    [Fact]
    public void Cases_AreManyAndOfEveryKind()
    {
        var words = Cases.SelectMany(static test => test!["arguments"]!.AsArray()).Select(static word => word!.GetValue<string>()).ToHashSet();

        Assert.True(Cases.Count >= 100);
        Assert.Superset(new HashSet<string>(["-0", "-q", "-r", "--colsep", "--trim", ":::", "::::", ":::+", "::::+"]), words);
        Assert.True(Cases.Select(static test => (int)test!["exitCode"]!).Distinct().Count() > 4);
    }

    private static string Expected(int number, string field) => Cases[number]![field]!.GetValue<string>();

    // The test has no standard input of its own: a file takes its place.
    private string[] ArgumentsOf(int number)
    {
        Directory.CreateDirectory(Data);
        var (input, list) = (In("input"), In("list.txt"));
        File.WriteAllText(input, Cases[number]!["input"]!.GetValue<string>());
        File.WriteAllText(list, "one\ntwo.x\nth ree");
        var arguments = Cases[number]!["arguments"].Deserialize<string[]>()!;
        var files = arguments.SkipWhile(static word => word != "::::").Select(word => word == "-" ? input : word == "list.txt" ? list : word).ToArray();
        string[] words = [.. arguments.TakeWhile(static word => word != "::::"), .. files];
        return words.Any(static word => word.StartsWith(":::", StringComparison.Ordinal)) ? words : ["-a", input, .. words];
    }
}
