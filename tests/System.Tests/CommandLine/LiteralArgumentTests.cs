using System.Diagnostics;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>No argument of <c>otask</c> is a file name because of its first letter.</summary>
public sealed class LiteralArgumentTests : DataFolders
{
    private const string Secret = "--content-of-a-local-file";

    public LiteralArgumentTests() => Directory.CreateDirectory(Data);

    public static TheoryData<string> Commands => OtaskTree.Names();

    [Theory]
    [MemberData(nameof(Commands))]
    public void EveryArgumentAndOption_IsTakenAsItIs(string command)
    {
        var file = Path.Combine(Data, "local.txt");
        File.WriteAllText(file, $"{Secret}\n{Secret}\n");
        var words = command.Split(' ');

        var program = OtaskTree.Program();
        // Signs with a meaning elsewhere: for response files, curl, shells.
        foreach (var letter in (string[])["@", "<", "~"])
        {
            var value = $"{letter}{file}";
            Check([.. words, value, value]);
            foreach (var option in OtaskTree.OptionsOf(OtaskTree.Of(command)))
            {
                foreach (var name in option.Aliases.Prepend(option.Name))
                {
                    Check([.. words, name, value]);
                    Check([.. words, $"{name}={value}"]);
                }
            }

            void Check(string[] arguments)
            {
                var result = program.Parse(arguments);
                Assert.Contains(result.Tokens, token => token.Value == value);
                Assert.DoesNotContain(result.Tokens, static token => token.Value == Secret);
                Assert.DoesNotContain(
                    result.Errors, static error => error.Message.Contains("esponse file", StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public async Task Words_ThatBeginWithAt_ReachTheGateway()
    {
        var file = Path.Combine(Data, "local.txt");
        await File.WriteAllTextAsync(file, Secret);
        await using var gateway = await StubGateway.Start(
            ("/api/v1/tasks", """{"id":"x"}"""), ("/api/v1/schedules/nightly", """{"id":"nightly"}"""));

        await Run(gateway, "submit", "echo", $"@{file}");
        await Run(gateway, "submit", $"@{file}");
        await Run(gateway, "schedule", "set", "nightly", "--cron", "@daily", "true");
        await Run(gateway, "submit", "--env", $"A=@{file}", "--cwd", $"@{file}", "--label", $"a=@{file}", "--", "cat", "@", "@@");

        Assert.All(gateway.Bodies, static body => Assert.DoesNotContain(Secret, body, StringComparison.Ordinal));
        JsonNode[] bodies = [.. gateway.Bodies.Select(static body => JsonNode.Parse(body)!)];
        Assert.Equal($"@{file}", (string?)bodies[0]["argv"]![1]);
        Assert.Equal($"@{file}", (string?)bodies[1]["cmd"]);
        Assert.Equal("@daily", (string?)bodies[2]["cron"]);
        Assert.Equal(
            ($"@{file}", $"@{file}", $"@{file}"),
            ((string?)bodies[3]["env"]!["A"], (string?)bodies[3]["cwd"], (string?)bodies[3]["labels"]!["a"]));
        Assert.Equal("""["cat","@","@@"]""", bodies[3]["argv"]!.ToJsonString());
    }

    [Fact]
    public async Task ApiData_OfAFileOrOfStandardInput_IsSentByteForByte()
    {
        var file = Path.Combine(Data, "body.json");
        var bytes = (byte[])[.. "\uFEFF{\"a\":"u8, 0xE9, .. "}\r\n"u8];
        await File.WriteAllBytesAsync(file, bytes);
        await using var gateway = await StubGateway.StartWithOne("{}"u8.ToArray());

        foreach (var data in (string[])[$"@{file}", "@-", "-", "{}"])
        {
            using var otask = Process.Start(new ProcessStartInfo(
                BuiltPrograms.Otask, ["--url", gateway.Url, "api", "POST", "/api/v1/tasks", "--data", data])
                { RedirectStandardInput = true, RedirectStandardOutput = true })!;
            await otask.StandardInput.BaseStream.WriteAsync(bytes);
            otask.StandardInput.Close();
            await otask.WaitForExitAsync();
            Assert.Equal(0, otask.ExitCode);
        }

        Assert.Equal([bytes, bytes, bytes, "{}"u8.ToArray()], gateway.Bytes);
    }

    [Fact]
    public async Task Completion_OfAWordThatBeginsWithAt_ReadsNoFile()
    {
        var file = Path.Combine(Data, "local.txt");
        await File.WriteAllTextAsync(file, "queue");
        var line = $"otask @{file} ";

        var completed = await Finished.Run(BuiltPrograms.Otask, $"[suggest:{line.Length}]", line);

        // The lines of the file would be the words queue, whose commands would be suggested.
        Assert.DoesNotContain("forecast", completed.Output, StringComparison.Ordinal);
    }

    private static async Task Run(StubGateway gateway, params string[] words)
    {
        var ended = await Finished.Run(BuiltPrograms.Otask, ["--url", gateway.Url, .. words]);
        Assert.Equal((0, ""), (ended.ExitCode, ended.Errors));
    }
}
