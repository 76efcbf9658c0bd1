using System.Text;
using OrleansTasks.Definitions;
using OrleansTasks.Feed;
using OrleansTasks.Notifications;
using OrleansTasks.Storage.Notifications;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Grains.Tests.Notifications;

/// <summary>What a notification tells, and when, without a grain.</summary>
public sealed class LiveNotificationTests
{
    private static readonly EventOrigin OfLoad = new(
        "t", "q", [new Label(DefinitionLabels.Name, "etl/load"), new Label("team", "data")]) { Why = "exit-code 3" };

    [Fact]
    public void Recovered_TheFirstSuccessAfterFailures_IsToldAlone()
    {
        var live = Make("""{"on":["recovered"],"to":{"mail":["a@b"]}}""");
        live.Add(Event(TaskState.Succeeded), OfLoad);
        live.Add(Event(TaskState.Failed), OfLoad);
        live.Add(Event(TaskState.Failed), OfLoad);
        live.Add(Event(TaskState.Failed), OfLoad with { Schedule = "nightly" });
        live.Add(Event(TaskState.Succeeded), new EventOrigin("t", "q", []));
        Assert.Null(live.Take(1));
        live.Add(Event(TaskState.Succeeded), OfLoad);
        live.Add(Event(TaskState.Succeeded), OfLoad);

        var digest = live.Take(1)!;

        Assert.Equal("1 recovered", digest.Title);
        Assert.StartsWith("definition etl/load has recovered", digest.Lines.Single(), StringComparison.Ordinal);
        // The schedule still fails: a restart knows that.
        live.Answer = "";
        var again = new LiveNotification(live.Conclusion(1));
        again.Add(Event(TaskState.Succeeded), OfLoad);
        Assert.Equal(0, again.Waiting);
        again.Add(Event(TaskState.Succeeded), OfLoad with { Schedule = "nightly" });
        Assert.Equal(1, again.Waiting);
    }

    [Theory]
    [InlineData("""{}""", true)]
    [InlineData("""{"queue":"q"}""", true)]
    [InlineData("""{"queue":"p"}""", false)]
    [InlineData("""{"definition":"etl/*","label":"team=data"}""", true)]
    [InlineData("""{"definition":"etl/*","label":{"team":"web"}}""", false)]
    [InlineData("""{"schedule":"*"}""", false)]
    public void Match_ByWhatStartedIt_Chooses(string match, bool isTold)
    {
        var live = Make($$$"""{"on":["failed"],"match":{{{match}}},"to":{"mail":["a@b"]}}""");
        live.Add(Event(TaskState.Failed), OfLoad);
        live.Add(Event(TaskState.Failed), OfLoad with { IsPart = true });
        Assert.Equal(isTold ? 1 : 0, live.Waiting);
    }

    [Theory]
    [InlineData("""{}""", "node-lost q", true)]
    [InlineData("""{"queue":"q*"}""", "queue-stuck q", true)]
    [InlineData("""{"queue":"p"}""", "queue-stuck q", false)]
    [InlineData("""{"queue":"*"}""", "node-lost q", false)]
    [InlineData("""{"queue":"*"}""", "schedule-missed q", false)]
    [InlineData("""{"queue":"*","schedule":"s"}""", "schedule-missed s", true)]
    [InlineData("""{"schedule":"*"}""", "queue-stuck q", false)]
    public void Attention_OfAQueueOrASchedule_IsComparedWithItsOwnPattern(string match, string key, bool isTold)
    {
        var live = Make($$$"""{"on":["attention"],"match":{{{match}}},"to":{"mail":["a@b"]}}""");
        live.Attend([new AttentionNote(key, "title")], 1);
        Assert.Equal(isTold ? 1 : 0, live.Waiting);
    }

    [Theory]
    [InlineData("22:00", "07:00", "2026-11-27T21:59:59Z", null)]
    [InlineData("22:00", "07:00", "2026-11-27T22:00:00Z", "2026-11-28T07:00:00Z")]
    [InlineData("22:00", "07:00", "2026-11-28T06:59:59Z", "2026-11-28T07:00:00Z")]
    [InlineData("22:00", "07:00", "2026-11-28T07:00:00Z", null)]
    [InlineData("12:00", "13:00", "2026-11-28T12:30:00Z", "2026-11-28T13:00:00Z")]
    [InlineData("12:00", "13:00", "2026-11-28T11:30:00Z", null)]
    public void Quiet_BetweenTheHours_IsSilent(string from, string to, string at, string? until)
    {
        var now = DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
        var live = Make($$$"""{"on":["failed"],"to":{"mail":["a@b"]},"quiet":{"from":"{{{from}}}","to":"{{{to}}}"},"digest":"1s"}""");
        live.Add(Event(TaskState.Failed), OfLoad);

        Assert.Equal(until is null, live.Take(now) is not null);
        if (until is not null)
        {
            var end = DateTimeOffset.Parse(until, System.Globalization.CultureInfo.InvariantCulture)
                .ToUnixTimeMilliseconds();
            Assert.Null(live.Take(end - 1));
            Assert.NotNull(live.Take(end));
        }
    }

    [Fact]
    public void Template_OfEachPart_SaysWhatMessagesSay_WithEscapedValues()
    {
        const string Template = """
            {"subject":"{{failed}} of {{ count }} in {{event.queue}}, {{notification}}",
             "event":"*{{event.name}}* {{event.why}} {{event.label.team}}{{event.label.none}}","text":"<b>\n{{events}}\n{{rest}}"}
            """;
        var mail = Make($$"""{"on":["failed"],"to":{"mail":["a@b"]},"template":{{Template}}}""");
        var slack = Make($$"""{"on":["failed"],"to":{"slack":"https://x"},"template":{{Template}}}""");
        var teams = Make("""{"on":["failed"],"to":{"teams":"https://x"},"template":{"event":"**{{event.name}}**"}}""");
        var origin = OfLoad with { Name = "<!channel> *{{count}}*\r\nBcc: x" };
        foreach (var live in (LiveNotification[])[mail, slack, teams])
        {
            for (var i = 0; i < 22; i++)
                live.Add(Event(TaskState.Failed), origin);
        }

        var sent = NotificationText.Mail(mail.Take(1)!, "title", mail);
        var posted = Encoding.UTF8.GetString(NotificationText.Slack(slack.Take(1)!, "title", slack));
        var card = Encoding.UTF8.GetString(NotificationText.Teams(teams.Take(1)!, "title", teams));

        Assert.Equal("22 of 22 in q, n", sent.Subject);
        var lines = sent.Text.Split("\r\n");
        Assert.Equal(["<b>", "*<!channel> *{{count}}*  Bcc: x* exit-code 3 data"], lines[..2]);
        Assert.Equal(["and 2 more", "", "-- "], lines[21..24]);
        var text = System.Text.Json.JsonDocument.Parse(posted).RootElement.GetProperty("text").GetString()!;
        Assert.StartsWith("22 of 22 in q, n\n<b>\n*&lt;!channel&gt; *{{count}}*  Bcc: x* exit-code 3 data\n", text, StringComparison.Ordinal);
        var body = System.Text.Json.JsonDocument.Parse(card).RootElement.GetProperty("attachments")[0].GetProperty("content").GetProperty("body");
        Assert.Equal("22 failed", body[0].GetProperty("text").GetString());
        Assert.Equal(@"**<!channel> \*{{count}}\*  Bcc: x**", body[1].GetProperty("text").GetString());
        Assert.Equal(22, body.GetArrayLength());
    }

    [Fact]
    public void Template_WithLongValues_IsCut()
    {
        var live = Make($$$"""{"on":["failed"],"to":{"mail":["a@b"]},"template":{"subject":"{{{string.Concat(Enumerable.Repeat("{{event.name}}", 10))}}}"}}""");
        live.Add(Event(TaskState.Failed), OfLoad with { Name = new string('n', 199) + "😀" });

        var subject = NotificationText.Mail(live.Take(1)!, "title", live).Subject;

        Assert.Equal(new string('n', 199) + "…", subject);
    }

    [Theory]
    [InlineData("""{"subject":"{{event.queu}}"}""", "template.subject", "did you mean 'event.queue'")]
    [InlineData("""{"subject":"{{events}}"}""", "template.subject", "one line")]
    [InlineData("""{"subject":"a\nb"}""", "template.subject", "one line")]
    [InlineData("""{"subject":""}""", "template.subject", "1 to 200")]
    [InlineData("""{"event":"{{count}}"}""", "template.event", "unknown field 'count'")]
    [InlineData("""{"event":"{{event.label.A B}}"}""", "template.event", "unknown field")]
    [InlineData("""{"text":"{{count"}""", "template.text", "without }}")]
    [InlineData("""{"text":"{{}}"}""", "template.text", "unknown field")]
    [InlineData("""{"texts":"a"}""", "template.texts", "did you mean 'text'")]
    [InlineData("[]", "template", "must be an object")]
    public void Template_AFault_IsNamed(string template, string path, string named)
    {
        var errors = new SpecErrors();

        Assert.Null(NotificationSpecReader.Read(
            Encoding.UTF8.GetBytes($$"""{"on":["failed"],"to":{"mail":["a@b"]},"template":{{template}}}"""), errors));

        Assert.Equal(path, errors.Items[0].Path);
        Assert.Contains(named, errors.Items[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"to":{"mail":["a@b"]}}""", "on")]
    [InlineData("""{"on":[],"to":{"mail":["a@b"]}}""", "on")]
    [InlineData("""{"on":["fail"],"to":{"mail":["a@b"]}}""", "did you mean 'failed'")]
    [InlineData("""{"on":["failed"]}""", "to")]
    [InlineData("""{"on":["failed"],"to":{"mail":["a@b"],"slack":"https://x"}}""", "several")]
    [InlineData("""{"on":["failed"],"to":{"mail":[]}}""", "to.mail")]
    [InlineData("""{"on":["failed"],"to":{"mail":["a@b\r\nBcc: c@d"]}}""", "to.mail[0]")]
    [InlineData("""{"on":["failed"],"to":{"mail":["a@b,c@d"]}}""", "to.mail[0]")]
    [InlineData("""{"on":["failed"],"to":{"slack":"ftp://x"}}""", "to.slack")]
    [InlineData("""{"on":["failed"],"to":{"mail":["a@b"]},"match":{"label":"team"}}""", "match.label")]
    [InlineData("""{"on":["failed"],"to":{"mail":["a@b"]},"match":{"label":{}}}""", "match.label")]
    [InlineData("""{"on":["failed"],"to":{"mail":["a@b"]},"match":{"label":"Team=data"}}""", "not a label key")]
    [InlineData("""{"on":["failed"],"to":{"mail":["a@b"]},"match":{"label":{"team":"$LONG"}}}""", "characters")]
    [InlineData("""{"on":["failed"],"to":{"mail":["a@b"]},"digest":"0s"}""", "digest")]
    [InlineData("""{"on":["failed"],"to":{"mail":["a@b"]},"quiet":{"from":"22:00","to":"22:00"}}""", "quiet.to")]
    [InlineData(
        """{"on":["failed"],"to":{"mail":["a@b"]},"quiet":{"from":"22:00","to":"7","zone":"Nowhere"}}""", "quiet.zone")]
    [InlineData("""{"on":["failed"],"to":{"mail":["a@b"]},"quiet":{"from":"22:00","to":"07:00","zone":"posixrules"}}""",
        "quiet.zone")]
    [InlineData("""{"on":["failed"],"to":{"mail":["a@b"]},"matches":{}}""", "did you mean 'match'")]
    public void Read_AFault_IsNamed(string body, string named)
    {
        var errors = new SpecErrors();
        var text = body.Replace("$LONG", new string('x', SpecRules.LongestLabelValue + 1), StringComparison.Ordinal);
        Assert.Null(NotificationSpecReader.Read(Encoding.UTF8.GetBytes(text), errors));
        Assert.Contains(named, string.Join('\n', errors.Items), StringComparison.Ordinal);
    }

    private static LiveNotification Make(string body) =>
        new(new NotificationRow("n", 1, Encoding.UTF8.GetBytes(body), 0, 0));

    private static StoredEvent Event(TaskState state) =>
        new(EventSource.Log, 1, 0, 1, "q", new FeedEntry(new TaskId(1, 1), state, 1), null);
}
