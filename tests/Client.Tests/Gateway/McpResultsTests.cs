using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Mcp;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>How long and how deep an answer of a tool may be.</summary>
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

        var text = result.Content.OfType<TextContentBlock>().Single().Text;
        Assert.Equal(isRefused, result.IsError == true);
        Assert.Equal(isRefused, text.Contains("answer-too-large", StringComparison.Ordinal));
        Assert.InRange(global::System.Text.Encoding.UTF8.GetByteCount(text), 1, ServiceLimits.McpAnswerBytes);
    }

    [Theory]
    [InlineData(61, true)]
    [InlineData(62, false)] // The protocol's library cannot write a message with content this deep.
    [InlineData(128, false)]
    public void Of_AnAnswerWithManyLevels_HasAllOfThemAsText(int levels, bool isStructured)
    {
        var body = $$"""{"deep":{{new string('[', levels - 1)}}"ä"{{new string(']', levels - 1)}}}""";
        var answer = new OwnAnswer(200, new HeaderDictionary(), global::System.Text.Encoding.UTF8.GetBytes(body));

        var result = McpResults.Of(answer);

        Assert.False(result.IsError is true);
        Assert.Equal(body, Assert.IsType<TextContentBlock>(Assert.Single(result.Content)).Text);
        Assert.Equal(isStructured, result.StructuredContent is not null);
        // The answer to tasks/get has the result in a result.
        var state = new JsonObject { ["result"] = JsonSerializer.SerializeToNode(result, McpJsonUtilities.DefaultOptions) };
        Assert.NotEmpty(new JsonObject { ["result"] = state }.ToJsonString(McpJsonUtilities.DefaultOptions));
    }
}
