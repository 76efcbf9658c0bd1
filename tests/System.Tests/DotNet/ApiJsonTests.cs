using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTasks.ApiClient;
using OrleansTasks.ApiClient.Json;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.DotNet;

/// <summary>How the client writes and reads values.</summary>
public sealed class ApiJsonTests
{
    [Theory]
    [InlineData("0ms", 0)]
    [InlineData("250ms", 250)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("30d", 2_592_000_000)]
    [InlineData("1d1h1m1s1ms", 90_061_001)]
    public void Duration_IsWrittenAndReadAsTheServiceDoes(string text, long milliseconds)
    {
        var duration = TimeSpan.FromMilliseconds(milliseconds);
        Assert.Equal(text, DurationConverter.Format(duration));
        Assert.True(DurationConverter.TryParse(text, out var read));
        Assert.Equal(duration, read);
    }

    [Fact]
    public void Duration_WithFractions_IsWrittenAndRead()
    {
        Assert.Equal("0.9ms", DurationConverter.Format(TimeSpan.FromMicroseconds(900)));
        Assert.True(DurationConverter.TryParse("1.5s", out var read));
        Assert.Equal(TimeSpan.FromMilliseconds(1500), read);
        Assert.Throws<ArgumentOutOfRangeException>(() => DurationConverter.Format(TimeSpan.FromSeconds(-1)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("1w")]
    [InlineData("1.2.3s")]
    [InlineData("99999999999999d")]
    public void Duration_OfAnotherForm_IsRefused(string text) => Assert.False(DurationConverter.TryParse(text, out _));

    [Fact]
    public void Word_OfANewerService_IsUnknown()
    {
        const string text = """{"id":"t1","name":"n","queue":"q","state":"dreaming","reason":"eaten-by-a-grue"}""";
        var task = JsonSerializer.Deserialize(text, ApiJson.Default.TaskDetails)!;
        Assert.Equal((TaskState.Unknown, EndReason.Unknown, false), (task.State, task.Reason, task.HasEnded));
        Assert.Throws<JsonException>(() => JsonSerializer.Serialize(TaskState.Unknown, ApiJson.Default.TaskState));
    }

    [Fact]
    public void Word_OfSeveral_IsWrittenAsTheServiceDoes()
    {
        Assert.Equal("\"node-lost\"", JsonSerializer.Serialize(EndReason.NodeLost, ApiJson.Default.EndReason));
        Assert.Equal("\"queueOne\"", JsonSerializer.Serialize(Overlap.QueueOne, ApiJson.Default.Overlap));
    }

    /// <summary>The contract lists every word that the service says.</summary>
    [Fact]
    public void Reasons_AreThoseOfTheContract() => Assert.Equal(
        Schema("Reason")["enum"]!.AsArray().Select(static word => (string?)word).OfType<string>().Order(StringComparer.Ordinal),
        Enum.GetValues<EndReason>().Where(static reason => reason != EndReason.Unknown)
            .Select(static reason => JsonSerializer.Serialize(reason, ApiJson.Default.EndReason).Trim('"'))
            .Order(StringComparer.Ordinal));

    [Fact]
    public void RetryCauses_AreThoseOfTheContract() => Assert.Equal(
        Schema("RetryCauses")["properties"]!.AsObject().Select(static cause => cause.Key).Order(StringComparer.Ordinal),
        ApiJson.Default.RetryCauses.Properties.Select(static cause => cause.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void Setting_IsAValueOrTheDefaultOrLeftOut()
    {
        var change = new QueueChange { MaxRunning = 3, MaxDepth = new Setting<int>(), Strategy = QueueStrategy.RoundRobin };
        var text = JsonSerializer.Serialize(change, ApiJson.Default.QueueChange);
        Assert.Equal("""{"strategy":"roundRobin","maxRunning":3,"maxDepth":null}""", text);
    }

    // A key without the scope read gets no more.
    [Fact]
    public void Queue_OfNameAndVersionAlone_IsRead()
    {
        var queue = JsonSerializer.Deserialize("""{"name":"q","version":7}""", ApiJson.Default.QueueDetails)!;
        Assert.Equal(("q", 7, null), (queue.Name, queue.Version, queue.HeldBy));
    }

    private static JsonNode Schema(string name) => JsonNode.Parse(
        File.ReadAllText(Path.Combine(BuiltPrograms.Repository, "docs/openapi.json")))!["components"]!["schemas"]![name]!;
}
