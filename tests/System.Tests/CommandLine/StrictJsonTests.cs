using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>Files and arguments with JSON are read as strictly as the gateway reads bodies.</summary>
public sealed class StrictJsonTests : DataFolders
{
    private static readonly string[][] Lines =
    [
        ["apply", "--file", "FILE"], ["submit", "--spec", "FILE"], ["run", "--spec", "FILE", "true"], ["rollout", "start", "--spec", "FILE"],
        ["submit", "--batch", "FILE"], ["job", "run", "--spec", "FILE"], ["workflow", "submit", "FILE"],
        ["schedule", "set", "s", "--file", "FILE"], ["schedule", "set", "s", "--cron", "@daily", "--job", "FILE"],
        ["schedule", "set", "s", "--cron", "@daily", "--workflow", "FILE"],
    ];

    [Theory]
    [InlineData("""{"queues":[],"queues":[]}""", "an object has the name 'queues' more than once.")]
    [InlineData("""{"queues":[{"name":"q","\u006eame":"r"}]}""", "an object has the name 'name' more than once.")]
    [InlineData("""{"queues":[{"name":"a\ud800"}]}""", "the text \"a\\ud800\" has half of a surrogate pair.")]
    [InlineData("""{"\udc00":1}""", "the text \"\\udc00\" has half of a surrogate pair.")]
    [InlineData("{\"queues\":[\n1,\n2}", "'}' is invalid without a matching open (line 3, byte 2).")]
    public async Task File_ThatTheGatewayWouldRefuse_IsRefusedWithItsFault(string text, string fault)
    {
        await using var gateway = await StubGateway.Start();
        Directory.CreateDirectory(Data);
        var file = Path.Combine(Data, "file.json");
        await File.WriteAllTextAsync(file, text);

        foreach (var line in Lines)
        {
            var ended = await gateway.Otask([.. line.Select(word => word == "FILE" ? file : word)]);
            Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
            Assert.Contains($"'{file}' is not valid JSON: {fault}\n", ended.Errors, StringComparison.Ordinal);
        }

        Assert.Empty(gateway.Asked);
    }

    [Theory]
    [InlineData("""[{"a":1,"a":2}]""", "--items: invalid JSON: an object has the name 'a' more than once.")]
    [InlineData("""["\ud83d"]""", "--items: invalid JSON: the text \"\\ud83d\" has half of a surrogate pair.")]
    public async Task Items_ThatTheGatewayWouldRefuse_AreRefused(string items, string fault)
    {
        await using var gateway = await StubGateway.Start();

        var ended = await gateway.Otask("job", "run", "--items", items);

        Assert.Equal(2, ended.ExitCode);
        Assert.StartsWith($"otask: {fault}\n", ended.Errors, StringComparison.Ordinal);
        Assert.Empty(gateway.Asked);
    }

    [Fact]
    public async Task File_WithWholeSurrogatePairsAndComments_IsTakenWhereItWas()
    {
        await using var gateway = await StubGateway.StartWithOne("""{"name":"q","version":1,"items":[]}"""u8.ToArray());
        Directory.CreateDirectory(Data);
        var file = Path.Combine(Data, "file.json");
        await File.WriteAllTextAsync(file, "{// fleet\n\"queues\":[{\"name\":\"q\",\"note\":\"\\ud83d\\ude00\",},],}");

        Assert.Equal(0, (await gateway.Otask("apply", "--file", file)).ExitCode);

        Assert.Contains("\\uD83D\\uDE00", Assert.Single(gateway.Bodies), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Profiles_WithANameTwice_AreRefused()
    {
        var folder = Path.Combine(Data, "otask");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "config.json"), """{"profiles":{"a":{"url":"http://x"},"a":{"url":"http://y"}}}""");

        var ended = await Finished.Run(
            "/usr/bin/env", $"XDG_CONFIG_HOME={Data}", BuiltPrograms.Otask, "config", "list");

        Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
        Assert.Contains("config.json cannot be read: ", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Config_OfAService_WithANameTwice_IsRefused()
    {
        Directory.CreateDirectory(Data);
        var file = Path.Combine(Data, "options.json");
        await File.WriteAllTextAsync(file, """{"http":"127.0.0.1:0","http":"0.0.0.0:80"}""");

        var ended = await Finished.Run(BuiltPrograms.Client, "--config", file, "--print-config");

        Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
        Assert.Contains("'http' occurs more than once", ended.Errors, StringComparison.Ordinal);
    }
}
