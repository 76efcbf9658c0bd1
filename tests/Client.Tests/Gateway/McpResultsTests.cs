using System.Text.Json.Nodes;
using OrleansTasks.Client.Mcp;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>How long an answer of a tool may be.</summary>
public sealed class McpResultsTests
{
    [Theory]
    [InlineData(1, 100_000, false)] // One long text is cut.
    [InlineData(100, 10_000, false)]
    [InlineData(800, 1_000, false)]
    [InlineData(2_000, 1_000, true)] // So many do not fit, however short each is cut.
    [InlineData(40_000, 1, true)]
    public void Of_AnAnswer_CutsTextsAndRefusesWhatDoesNotFit(int count, int length, bool isRefused)
    {
        var items = new JsonArray([.. Enumerable.Range(0, count).Select(_ => (JsonNode)new string('x', length))]);

        var result = McpResults.Of(new JsonObject { ["items"] = items });

        var text = result.Content.OfType<ModelContextProtocol.Protocol.TextContentBlock>().Single().Text;
        Assert.Equal(isRefused, result.IsError == true);
        Assert.Equal(isRefused, text.Contains("answer-too-large", StringComparison.Ordinal));
        Assert.InRange(global::System.Text.Encoding.UTF8.GetByteCount(text), 1, ServiceLimits.McpAnswerBytes);
    }
}
