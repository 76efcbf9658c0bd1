using System.Text;
using OrleansTasks.Client.Triggers;
using OrleansTasks.Triggers;

namespace OrleansTasks.Client.Tests.Triggers;

/// <summary>What a trigger shows of the body that is stored.</summary>
public sealed class TriggerAnswerTests
{
    [Fact]
    public void Of_ABodyThatWasStoredWithNulls_ShowsNone()
    {
        const string Stored = """
            {"definition":"d","signature":{"kind":"token","header":null},"parameters":{"a":{"value":"x","pointer":null}},
             "filter":[{"pointer":"/a","header":null,"equals":1}]}
            """;

        var answer = TriggerAnswer.Of(
            new TriggerView("t", "d", Encoding.UTF8.GetBytes(Stored), 1, 1, SignatureKind.Token, ""));

        Assert.Equal("""{"kind":"token"}""", Encoding.UTF8.GetString(answer.Signature.Utf8.Span));
        Assert.Equal("""{"a":{"value":"x"}}""", Encoding.UTF8.GetString(answer.Parameters.Utf8.Span));
        Assert.Equal("""[{"pointer":"/a","equals":1}]""", Encoding.UTF8.GetString(answer.Filter.Utf8.Span));
    }
}
