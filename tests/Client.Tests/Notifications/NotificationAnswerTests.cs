using System.Text;
using OrleansTasks.Client.Notifications;
using OrleansTasks.Definitions;
using OrleansTasks.Notifications;

namespace OrleansTasks.Client.Tests.Notifications;

/// <summary>What a notification shows of the body that is stored.</summary>
public sealed class NotificationAnswerTests
{
    [Fact]
    public void Of_ABodyThatWasStoredWithNulls_ShowsTheDefaults()
    {
        const string Stored = """
            {"on":["failed"],"to":{"slack":"https://chat.example/x","teams":null},"match":null,"quiet":null,
             "digest":null,"template":null,"paused":null}
            """;

        var answer = NotificationAnswer.Of(new NotificationView("n", Encoding.UTF8.GetBytes(Stored), 1, 1));

        Assert.False(answer.Paused);
        Assert.Equal("1m", answer.Digest);
        Assert.Null(answer.Quiet);
        Assert.Null(answer.Template);
        Assert.Equal("{}", Encoding.UTF8.GetString(answer.Match.Utf8.Span));
        Assert.Equal("""{"slack":"https://chat.example/x"}""", Encoding.UTF8.GetString(answer.To.Utf8.Span));
    }

    [Theory]
    [InlineData("no JSON, not even null")]
    [InlineData("[]")]
    [InlineData("""{"digest":{"every":"5m"},"paused":"later"}""")]
    public void Of_ABodyThatCannotBeRead_ShowsTheRest(string stored)
    {
        var answer = NotificationAnswer.Of(
            new NotificationView("n", Encoding.UTF8.GetBytes(stored), 1, 2) { Failure = "It cannot be read." });

        Assert.Equal(("n", "1m", false), (answer.Name, answer.Digest, answer.Paused));
        Assert.Equal("[]", Encoding.UTF8.GetString(answer.On.Utf8.Span));
        Assert.Equal("It cannot be read.", answer.Failure);
    }

    [Theory]
    [InlineData("""{"paused":null,"on":["failed"]}""", """{"on":["failed"]}""")]
    [InlineData("""{"quiet":{"zone":null,"from":"22:00"},"a":null}""", """{"quiet":{"from":"22:00"}}""")]
    [InlineData(
        """{"template":{"text":"null \u00e9 😀"},"a":null}""", """{"template":{"text":"null \u00e9 😀"}}""")]
    [InlineData("""{"on": [ "failed" ]}""", """{"on": [ "failed" ]}""")]
    [InlineData("""{"filter":[{"header":null,"equals":[{"a":null}]},null,7]}""", """{"filter":[{"equals":[{}]},null,7]}""")]
    public void Drop_OfNulls_KeepsTheRestAsItIs(string body, string kept) => Assert.Equal(
        kept, Encoding.UTF8.GetString(NullMembers.Drop(Encoding.UTF8.GetBytes(body)).Span));
}
