using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.Cli;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>What is not UTF-8 is refused with its place and never sent as something else.</summary>
public sealed class OddBytesTests : DataFolders
{
    [Theory]
    [InlineData("", "command, word 1: byte 4 is 0xE9")]
    [InlineData("cat", "command, word 2: byte 4 is 0xE9")]
    [InlineData("-- cat", "command, word 2: byte 4 is 0xE9")]
    [InlineData("x --cwd", "--cwd: byte 4 is 0xE9")]
    [InlineData("x --cwd=", "--cwd: byte 4 is 0xE9")]
    [InlineData("x --name", "--name: byte 4 is 0xE9")]
    [InlineData("x --queue", "--queue: byte 4 is 0xE9")]
    [InlineData("x --env=A=", "--env: byte 6 is 0xE9")]
    [InlineData("x --secret-env A=", "--secret-env: byte 6 is 0xE9")]
    [InlineData("x --label a=", "--label: byte 6 is 0xE9")]
    [InlineData("--file", "--file: byte 4 is 0xE9")]
    [InlineData("x --stdin", "--stdin: byte 4 is 0xE9")]
    [InlineData("x --reason", "--reason: byte 4 is 0xE9")]
    public async Task Argument_IsRefusedWithItsPlace(string before, string said)
    {
        await using var gateway = await StubGateway.Start(("/api/v1/tasks", """{"id":"x"}"""));
        var joined = before.Length == 0 || before.EndsWith('=') ? before : $"{before} ";

        var ended = await Finished.Run(
            "sh", "-c", $"exec \"$0\" --url \"$1\" submit {joined}\"$(printf 'caf\\351')\"", BuiltPrograms.Otask, gateway.Url);

        Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
        Assert.Equal($"otask: {said}, which is not UTF-8.\n", ended.Errors);
        Assert.Empty(gateway.Asked);
    }

    [Fact]
    public async Task Argument_WithTheReplacementCharacterItself_IsSent()
    {
        await using var gateway = await StubGateway.Start(("/api/v1/tasks", """{"id":"x"}"""));

        var ended = await Finished.Run(BuiltPrograms.Otask, "--url", gateway.Url, "submit", "echo \uFFFD ü 😀 e\u0301");

        Assert.Equal((0, ""), (ended.ExitCode, ended.Errors));
        Assert.Equal("echo \uFFFD ü 😀 e\u0301", (string?)JsonNode.Parse(Assert.Single(gateway.Bodies))!["cmd"]);
    }

    [Theory]
    [InlineData("submit --env V x", "--env: the value of the variable V: byte 4 is 0xE9")]
    [InlineData("submit --secret-env V x", "--secret-env: the value of the variable V: byte 4 is 0xE9")]
    [InlineData("list", "the value of the variable OTASK_KEY: byte 4 is 0xE9")]
    public async Task Variable_IsRefusedWithItsPlace(string command, string said)
    {
        await using var gateway = await StubGateway.Start(("/api/v1/tasks", """{"id":"x"}"""));
        var name = command == "list" ? "OTASK_KEY" : "V";

        var ended = await Finished.Run(
            "sh", "-c", $"export {name}=\"$(printf 'caf\\351')\"; exec \"$0\" --url \"$1\" {command}", BuiltPrograms.Otask, gateway.Url);

        Assert.Equal(2, ended.ExitCode);
        Assert.StartsWith($"otask: {said}", ended.Errors, StringComparison.Ordinal);
        Assert.Empty(gateway.Asked);
    }

    [Theory]
    [InlineData("submit x --stdin FILE", "--stdin")]
    [InlineData("submit --file FILE", "--file")]
    [InlineData("submit --spec FILE", "--spec")]
    [InlineData("submit --batch FILE", "--batch")]
    [InlineData("workflow submit FILE", "FILE")]
    [InlineData("schedule set x --file FILE", "--file")]
    [InlineData("schedule set x --every 1h --job FILE", "--job")]
    [InlineData("schedule set x --every 1h --workflow FILE", "--workflow")]
    [InlineData("apply -f FILE", "--file")]
    [InlineData("job run --range 0:1 --spec FILE", "--spec")]
    [InlineData("rollout start --file FILE", "--file")]
    public async Task File_IsRefusedWithItsPlace(string command, string option)
    {
        await using var gateway = await StubGateway.Start();
        var file = In("file");
        byte[][] contents = [[.. "{\"cmd\":\"caf"u8, 0xE9, .. "\"}"u8], [0xFF, 0xFE, (byte)'{', 0], [(byte)'{', 0xED, 0xA0, 0x80]];
        string[] places = ["byte 12 is 0xE9", "byte 1 is 0xFF", "byte 2 is 0xED"];

        foreach (var (content, place) in contents.Zip(places))
        {
            await File.WriteAllBytesAsync(file, content);
            var ended = await gateway.Otask([.. command.Split(' ').Select(word => word == "FILE" ? file : word)]);
            Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
            Assert.StartsWith($"otask: {option}: '{file}' is not UTF-8 text: {place}", ended.Errors, StringComparison.Ordinal);
        }

        Assert.Empty(gateway.Asked);
    }

    [Fact]
    public async Task Stdin_OfAFileAndOfStandardInput_IsTheSame()
    {
        await using var gateway = await StubGateway.Start(("/api/v1/tasks", """{"id":"x"}"""));
        var file = In("file");
        foreach (var text in (string[])["\uFEFFmarked\r\n", "", "a\0b", "ü😀\n\n"])
        {
            await File.WriteAllTextAsync(file, text, new UTF8Encoding(false));
            await Run("submit --stdin \"$2\" cat");
            await Run("submit --stdin - cat <\"$2\"");
            await Run("submit --stdin - cat <\"$2\"");
            Assert.All(gateway.Bodies, body => Assert.Equal(text, (string?)JsonNode.Parse(body)!["stdin"]));
            gateway.Bodies.Clear();
        }

        async Task Run(string command)
        {
            var ended = await Finished.Run("sh", "-c", $"exec \"$0\" --url \"$1\" {command}", BuiltPrograms.Otask, gateway.Url, file);
            Assert.Equal((0, ""), (ended.ExitCode, ended.Errors));
        }
    }

    [Fact]
    public async Task JsonAndScripts_WithAByteOrderMark_AreReadWithoutIt()
    {
        await using var gateway = await StubGateway.Start(("/api/v1/tasks", """{"id":"x"}"""));
        var file = In("file");
        await File.WriteAllTextAsync(file, """{"cmd":"x"}""", new UTF8Encoding(true));
        Assert.Equal(0, (await gateway.Otask("submit", "--spec", file)).ExitCode);
        await File.WriteAllTextAsync(file, "#!/usr/bin/python3\n", new UTF8Encoding(true));
        Assert.Equal(0, (await gateway.Otask("submit", "--file", file)).ExitCode);

        JsonNode[] bodies = [.. gateway.Bodies.Select(static body => JsonNode.Parse(body)!)];
        Assert.Equal("x", (string?)bodies[0]["cmd"]);
        Assert.Equal(("/usr/bin/python3", "#!/usr/bin/python3\n"), ((string?)bodies[1]["argv"]![0], (string?)bodies[1]["stdin"]));
    }

    [Theory]
    [InlineData("", -1)]
    [InlineData("616263C3A9F09F9880", -1)]
    [InlineData("EFBFBD", -1)]
    [InlineData("61E9", 1)]
    [InlineData("C3", 0)]
    [InlineData("61C0AF", 1)]
    [InlineData("EDA080", 0)]
    [InlineData("F4908080", 0)]
    [InlineData("6162F09F98", 2)]
    public void Utf8Fault_FindsTheFirstByte(string hex, int expected) =>
        Assert.Equal(expected, Utf8Fault.In(Convert.FromHexString(hex))?.At ?? -1);
}
