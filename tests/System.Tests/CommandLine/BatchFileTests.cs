using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>What <c>otask submit --batch</c> takes, and what it sends.</summary>
public sealed class BatchFileTests : DataFolders
{
    private const string Two = """{"tasks":[{"cmd":"a"},{"cmd":"b","name":"é"}]}""";

    public static TheoryData<string, string> Forms => new()
    {
        { Two, Two },
        { """[{"cmd":"a"},{"cmd":"b","name":"é"}]""", Two },
        { "[\n  {\"cmd\": \"a\"},\r\n  {\"cmd\": \"b\", \"name\": \"é\"}\n]\n", Two },
        { "{\n  \"tasks\": [\n    {\"cmd\": \"a\"},\n    {\"cmd\": \"b\", \"name\": \"é\"}\n  ]\n}\n", Two },
        { "{\"cmd\":\"a\"}\n{\"cmd\":\"b\",\"name\":\"é\"}", Two },
        { "\uFEFF\n{\"cmd\":\"a\"}\r\n\r\n  {\"cmd\":\"b\",\"name\":\"é\"}\r\n", Two },
        { "{\"cmd\":\"a\"}\n", """{"tasks":[{"cmd":"a"}]}""" },
        { "{\n  \"cmd\": \"a\"\n}\n", """{"tasks":[{"cmd":"a"}]}""" },
        { "[]", """{"tasks":[]}""" },
        // The gateway says what is wrong with these.
        { "[7,null]", """{"tasks":[7,null]}""" },
        { """{"tasks":7,"x":1}""", """{"tasks":7,"x":1}""" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Submit_ABatchInEachForm_SendsItsTasksAndPrintsItsId(string text, string sent)
    {
        await using var gateway = await StubGateway.Start(("/api/v1/tasks/batch", """{"batch":"b1","tasks":[]}"""));

        var ended = await gateway.Otask("submit", "--idempotency-key", "k", "--batch", FileOf(text));

        Assert.Equal(new Finished(0, "b1\n", ""), ended);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(sent), JsonNode.Parse(Assert.Single(gateway.Bodies))));
    }

    [Theory]
    [InlineData("{\"cmd\":\"a\"}\n{\"cmd\":\"b\",\"cmd\":\"c\"}\n", "line 2 of 'FILE' is not valid JSON: an object has the name 'cmd' more than once.")]
    [InlineData("{\"cmd\":\"a\",\"cmd\":\"c\"}\n{\"cmd\":\"b\"}\n", "line 1 of 'FILE' is not valid JSON: an object has the name 'cmd' more than once.")]
    [InlineData("\n\n{\"cmd\":\"a\"}\n{\"cmd\":\"\\udc00\"}\n", "line 4 of 'FILE' is not valid JSON: the text \"\\udc00\" has half of a surrogate pair.")]
    [InlineData("[{\"cmd\":\"a\"},\n{\"cmd\":}]", "'FILE' is not valid JSON: '}' is an invalid start of a value (line 2, byte 8).")]
    [InlineData("{\"cmd\":\"a\"}\ntrue || false\n", "line 2 of 'FILE' is not valid JSON: ")]
    [InlineData("", "'FILE' is not valid JSON: ")]
    [InlineData("7", "'FILE' must contain an array of specs, or one spec per line.")]
    public async Task Submit_AFileThatIsNoBatch_SendsNothingAndNamesTheLine(string text, string fault)
    {
        await using var gateway = await StubGateway.Start();
        var file = FileOf(text);

        var ended = await gateway.Otask("submit", "--batch", file);

        Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
        Assert.StartsWith(
            $"otask: --batch: {fault.Replace("FILE", file, StringComparison.Ordinal)}", ended.Errors,
            StringComparison.Ordinal);
        Assert.Empty(gateway.Asked);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("--name", "x")]
    [InlineData("--wait")]
    [InlineData("--dry-run")]
    public async Task Submit_ABatchAndWhatItExcludes_IsAUsageError(params string[] more)
    {
        await using var gateway = await StubGateway.Start();

        var ended = await gateway.Otask(["submit", "--batch", FileOf("[]"), .. more]);

        Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
        Assert.StartsWith("otask: --batch excludes", ended.Errors, StringComparison.Ordinal);
        Assert.Empty(gateway.Asked);
    }

    private string FileOf(string text)
    {
        Directory.CreateDirectory(Data);
        var file = Path.Combine(Data, "batch.json");
        File.WriteAllText(file, text);
        return file;
    }
}
