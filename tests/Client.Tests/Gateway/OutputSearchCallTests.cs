using System.Text;
using System.Text.Json;
using OrleansTasks.Client.OutputSearch;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>Finding lines in the output of a task.</summary>
public sealed class OutputSearchCallTests : TaskOutputGateway
{
    public OutputSearchCallTests()
    {
        Write(OutputStream.Stdout, "one\ntwo\nthree\n"u8);
        Write(OutputStream.Stderr, "error: one\n"u8);
    }

    [Theory]
    [InlineData("q=one", "stdout:0:1:one stderr:7:1:error: one")]
    [InlineData("q=one&stream=stderr", "stderr:7:1:error: one")]
    [InlineData("q=ONE", "")]
    [InlineData("q=ONE&ignoreCase=true", "stdout:0:1:one stderr:7:1:error: one")]
    [InlineData("q=^t.*e$&regex=true", "stdout:8:3:three")]
    [InlineData("q=^t.*e$", "")]
    public async Task Get_FindsLinesOfBothStreams(string query, string expected)
    {
        foreach (var path in (string[])["output/search", "attempts/1/output/search"])
        {
            var json = (await Gateway.Get($"/api/v1/tasks/{Ended.Id}/{path}?{query}")).Json;
            Assert.Equal(expected, Shown(json));
            Assert.Equal(
                (1, true), (json.GetProperty("attempt").GetInt32(), json.GetProperty("complete").GetBoolean()));
            Assert.Equal(JsonValueKind.Null, json.GetProperty("next").ValueKind);
        }
    }

    [Fact]
    public async Task Get_WithALimit_GoesOnFromNext()
    {
        var shown = new List<string>();
        var (query, calls) = ("", 0);
        while (true)
        {
            calls++;
            var json = (await Gateway.Get($"/api/v1/tasks/{Ended.Id}/output/search?q=e&limit=1{query}")).Json;
            shown.Add(Shown(json));
            if (json.GetProperty("complete").GetBoolean())
                break;
            query = $"&from={json.GetProperty("next").GetString()}";
            Assert.True(calls < 10);
        }

        Assert.Equal(
            ["stdout:2:1:one", "stdout:11:3:three", "stderr:0:1:error: one"], shown.Where(static text => text.Length > 0));
    }

    [Fact]
    public async Task Get_MoreThanACallReads_SaysFromWhereToGoOn()
    {
        var line = Encoding.ASCII.GetBytes(new string('.', 1_023) + "\n");
        var length = OutputSearchCalls.MostBytes + (2 * 1024 * 1024);
        Grains.Reader.Generate(Ended.Id, 1, OutputStream.Stdout, length, line, "the end"u8.ToArray());

        var first = (await Gateway.Get($"/api/v1/tasks/{Ended.Id}/output/search?q=end&stream=stdout")).Json;
        var calls = 1;
        while (!first.GetProperty("complete").GetBoolean())
        {
            Assert.Equal("", Shown(first));
            var next = first.GetProperty("next").GetString();
            first = (await Gateway.Get($"/api/v1/tasks/{Ended.Id}/output/search?q=end&from={next}&stream=stdout")).Json;
            calls++;
        }

        Assert.True(calls > 1);
        var match = first.GetProperty("matches")[0];
        Assert.Equal(length + 4, match.GetProperty("offset").GetInt64());
        Assert.Equal((length / 1_024) + 1, match.GetProperty("line").GetInt64());
        Assert.Equal("the end", match.GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("", "bad-parameter")]
    [InlineData("q=", "bad-parameter")]
    [InlineData("q=a%0Ab", "bad-parameter")]
    [InlineData("q=a&stream=both", "bad-parameter")]
    [InlineData("q=[&regex=true", "bad-parameter")]
    [InlineData("q=(a)\\1&regex=true", "bad-parameter")]
    [InlineData("q=(a{999}){999}&regex=true", "bad-parameter")]
    [InlineData("q=a&limit=1001", "bad-parameter")]
    [InlineData("q=a&from=x", "bad-cursor")]
    [InlineData("q=a&from=1-stdout-4-6-0", "bad-cursor")]
    [InlineData("q=a&from=1-stderr-0-1-0&stream=stdout", "bad-cursor")]
    public async Task Get_WhatIsNotAllowed_IsRefused(string query, string code) =>
        (await Gateway.Get($"/api/v1/tasks/{Ended.Id}/output/search?{query}")).Problem(400, code);

    [Fact]
    public async Task Get_UnknownTaskOrAttempt_Is404()
    {
        (await Gateway.Get($"/api/v1/tasks/{Ended.Id}/attempts/2/output/search?q=a")).Problem(404, "not-found");
        (await Gateway.Get($"/api/v1/tasks/{Ended.Id}/attempts/0/output/search?q=a")).Problem(404, "not-found");
        (await Gateway.Get($"/api/v1/tasks/{Ended.Id}/output/search?q=a&from=2-stdout-0-1-0")).Problem(
            404, "not-found");
        (await Gateway.Get("/api/v1/tasks/none/output/search?q=a")).Problem(404, "not-found");
    }

    private static string Shown(JsonElement json) =>
        string.Join(' ', json.GetProperty("matches").EnumerateArray().Select(static match =>
        $"{match.GetProperty("stream")}:{match.GetProperty("offset")}:{match.GetProperty("line")}:{match.GetProperty("text")}"));
}
