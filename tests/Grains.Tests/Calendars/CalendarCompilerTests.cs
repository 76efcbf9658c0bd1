using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Calendars;

/// <summary>
/// What calendars mean: days and rules in zones, and files as Google, Outlook and Nextcloud write them.
/// </summary>
public sealed class CalendarCompilerTests
{
    private static readonly long Now = At("2026-11-27T12:00Z");

    [Fact]
    public void Days_AreThoseOfTheZone()
    {
        var times = Compile("""{"days":["2026-12-24","2026-12-25"],"zone":"Europe/Berlin"}""");

        Assert.Equal(["2026-12-23T23:00Z 2026-12-25T23:00Z"], Spans(times, 5));
    }

    [Theory]
    // 23 hours, and 25.
    [InlineData("2027-03-28", "Europe/Berlin", "2027-03-27T23:00Z 2027-03-28T22:00Z")]
    [InlineData("2027-10-31", "Europe/Berlin", "2027-10-30T22:00Z 2027-10-31T23:00Z")]
    // Midnight does not exist on this day: it begins at 1:00.
    [InlineData("2024-04-26", "Africa/Cairo", "2024-04-25T22:00Z 2024-04-26T21:00Z")]
    // The zone left this day out.
    [InlineData("2011-12-30", "Pacific/Apia", "")]
    [InlineData("2028-02-29", "UTC", "2028-02-29T00:00Z 2028-03-01T00:00Z")]
    public void Day_OverAChangeOfClocks_HasItsOwnLength(string day, string zone, string expected) =>
        Assert.Equal(expected, string.Join(' ', Spans(Compile($$"""{"days":["{{day}}"],"zone":"{{zone}}"}"""), 1, after: "2000-01-01T00:00Z")));

    [Theory]
    [InlineData("FREQ=WEEKLY;BYDAY=SA,SU", "2026-11-28T00:00Z 2026-11-30T00:00Z|2026-12-05T00:00Z 2026-12-07T00:00Z")]
    [InlineData("RRULE:FREQ=WEEKLY;BYDAY=MO", "2026-11-30T00:00Z 2026-12-01T00:00Z|2026-12-07T00:00Z 2026-12-08T00:00Z")]
    [InlineData("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-11-30T00:00Z 2026-12-01T00:00Z|2026-12-31T00:00Z 2027-01-01T00:00Z")]
    [InlineData("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-11-30T00:00Z 2026-12-01T00:00Z|2026-12-31T00:00Z 2027-01-01T00:00Z")]
    [InlineData("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2028-02-29T00:00Z 2028-03-01T00:00Z|2032-02-29T00:00Z 2032-03-01T00:00Z")]
    [InlineData("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "2027-11-25T00:00Z 2027-11-26T00:00Z|2028-11-23T00:00Z 2028-11-24T00:00Z")]
    [InlineData("FREQ=DAILY;UNTIL=20261129", "2026-10-01T00:00Z 2026-11-30T00:00Z")]
    public void Rule_RepeatsDays(string rule, string expected)
    {
        var times = Compile($$"""{"rules":["{{rule}}"]}""");

        if (rule.Contains("UNTIL", StringComparison.Ordinal))
            Assert.Equal((false, true), (times.At(At("2026-11-30T00:00Z")).IsIn, times.At(At("2026-11-29T23:59Z")).IsIn));
        else
            Assert.Equal(expected.Split('|'), Spans(times, 2));
    }

    // Google: whole days that end with the next, lines folded at 75 bytes, the calendar's zone as X-WR-TIMEZONE.
    [Fact]
    public void FileAsGoogleWritesIt_HasItsDays()
    {
        var times = OfFile("""
            BEGIN:VCALENDAR
            PRODID:-//Google Inc//Google Calendar 70.9054//EN
            VERSION:2.0
            CALSCALE:GREGORIAN
            METHOD:PUBLISH
            X-WR-CALNAME:Public holidays
            X-WR-TIMEZONE:UTC
            BEGIN:VEVENT
            DTSTART;VALUE=DATE:20261225
            DTEND;VALUE=DATE:20261227
            DTSTAMP:20261101T080000Z
            UID:20261225_abc@google.example
            CLASS:PUBLIC
            DESCRIPTION:A description that is so long that the line must be folded\, which a
              reader undoes\nand that has a second line
            STATUS:CONFIRMED
            SUMMARY:Christmas
            TRANSP:TRANSPARENT
            END:VEVENT
            BEGIN:VEVENT
            DTSTART;VALUE=DATE:20270101
            DTEND;VALUE=DATE:20270102
            DTSTAMP:20261101T080000Z
            UID:20270101_abc@google.example
            STATUS:CANCELLED
            SUMMARY:A holiday that was called off
            END:VEVENT
            END:VCALENDAR
            """);

        Assert.Equal(["2026-12-25T00:00Z 2026-12-27T00:00Z"], Spans(times, 5));
    }

    // Outlook: zones by the names of Windows, with a VTIMEZONE of their own.
    [Fact]
    public void FileAsOutlookWritesIt_HasItsTimesInItsZone()
    {
        var times = OfFile("""
            BEGIN:VCALENDAR
            METHOD:PUBLISH
            PRODID:Microsoft Exchange Server 2010
            VERSION:2.0
            BEGIN:VTIMEZONE
            TZID:W. Europe Standard Time
            BEGIN:STANDARD
            DTSTART:16010101T030000
            TZOFFSETFROM:+0200
            TZOFFSETTO:+0100
            RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
            END:STANDARD
            BEGIN:DAYLIGHT
            DTSTART:16010101T020000
            TZOFFSETFROM:+0100
            TZOFFSETTO:+0200
            RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
            END:DAYLIGHT
            END:VTIMEZONE
            BEGIN:VEVENT
            RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=3TH
            UID:040000008200E00074C5B7101A82E008
            SUMMARY;LANGUAGE=de-DE:Wartungsfenster
            DTSTART;TZID=W. Europe Standard Time:20260219T220000
            DTEND;TZID=W. Europe Standard Time:20260220T020000
            CLASS:PUBLIC
            PRIORITY:5
            DTSTAMP:20260201T090000Z
            TRANSP:OPAQUE
            STATUS:CONFIRMED
            X-MICROSOFT-CDO-BUSYSTATUS:BUSY
            END:VEVENT
            END:VCALENDAR
            """, zone: "America/New_York");

        // Over the change of clocks: 22:00 in Berlin is 21:00 in winter and 20:00 in summer.
        Assert.Equal(
            ["2026-12-17T21:00Z 2026-12-18T01:00Z", "2027-01-21T21:00Z 2027-01-22T01:00Z", "2027-02-18T21:00Z 2027-02-19T01:00Z",
                "2027-03-18T21:00Z 2027-03-19T01:00Z", "2027-04-15T20:00Z 2027-04-16T00:00Z"],
            Spans(times, 5));
    }

    // Nextcloud: IANA zones, an exception, an occurrence that was moved, and a duration in place of an end.
    [Fact]
    public void FileAsNextcloudWritesIt_HasExceptionsAndMovedTimes()
    {
        var times = OfFile("""
            BEGIN:VCALENDAR
            PRODID:-//IDN nextcloud.com//Calendar app 5.0.0//EN
            CALSCALE:GREGORIAN
            VERSION:2.0
            BEGIN:VEVENT
            CREATED:20261001T120000Z
            DTSTAMP:20261001T120000Z
            LAST-MODIFIED:20261001T120000Z
            SEQUENCE:3
            UID:f3c2-weekly
            DTSTART;TZID=Europe/Berlin:20261130T180000
            DURATION:PT2H
            RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=4
            EXDATE;TZID=Europe/Berlin:20261207T180000
            SUMMARY:Backup
            END:VEVENT
            BEGIN:VEVENT
            DTSTAMP:20261001T120000Z
            UID:f3c2-weekly
            RECURRENCE-ID;TZID=Europe/Berlin:20261214T180000
            DTSTART;TZID=Europe/Berlin:20261215T080000
            DURATION:PT1H
            SUMMARY:Backup, moved
            END:VEVENT
            END:VCALENDAR
            """);

        Assert.Equal(
            ["2026-11-30T17:00Z 2026-11-30T19:00Z", "2026-12-15T07:00Z 2026-12-15T08:00Z", "2026-12-21T17:00Z 2026-12-21T19:00Z"], Spans(times, 5));
    }

    // Google and Exchange write a deleted occurrence as a cancelled event that replaces the one of the rule.
    [Fact]
    public void CancelledOccurrence_IsLeftOut() => Assert.Equal(
        ["2026-11-30T18:00Z 2026-11-30T20:00Z", "2026-12-14T18:00Z 2026-12-14T20:00Z"],
        Spans(
            OfFile("""
                BEGIN:VCALENDAR
                VERSION:2.0
                PRODID:-//test//EN
                BEGIN:VEVENT
                DTSTAMP:20261001T120000Z
                UID:weekly
                DTSTART:20261130T180000Z
                DURATION:PT2H
                RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3
                SUMMARY:Backup
                END:VEVENT
                BEGIN:VEVENT
                DTSTAMP:20261001T120000Z
                UID:weekly
                RECURRENCE-ID:20261207T180000Z
                DTSTART:20261207T180000Z
                DURATION:PT2H
                STATUS:CANCELLED
                SUMMARY:Backup
                END:VEVENT
                END:VCALENDAR
                """),
            5));

    [Fact]
    public void TimeWithoutAZone_IsOfTheCalendarsZone() => Assert.Equal(
        ["2026-12-01T21:00Z 2026-12-01T23:00Z"],
        Spans(OfFile(Event("DTSTART:20261201T220000", "DURATION:PT2H"), zone: "Europe/Berlin"), 5));

    [Theory]
    [InlineData("""{"rules":["FREQ=SECONDLY"]}""", "rules[0]", "more often than daily")]
    [InlineData("""{"rules":["FREQ=HOURLY;BYDAY=SA"]}""", "rules[0]", "more often than daily")]
    [InlineData("""{"rules":["FREQ=DAILY;BYHOUR=1,2"]}""", "rules[0]", "several times of a day")]
    [InlineData("""{"rules":["FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"]}""", "rules[0]", "use an event in ics")]
    [InlineData("""{"rules":["FREQ=WEEKLY"]}""", "rules[0]", "does not say which days")]
    [InlineData("""{"rules":["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"]}""", "rules[0]", "matches no day")]
    [InlineData("""{"rules":["FREQ=WEEKLY;BYDAY=XX"]}""", "rules[0]", "is not an RRULE")]
    [InlineData("""{"rules":["FREQ=WEEKLY;BYDAY=MO","weekends"]}""", "rules[1]", "is not an RRULE")]
    [InlineData("""{"rules":[""]}""", "rules[0]", "it is empty")]
    [InlineData("""{"ics":"hello"}""", "ics", "is not a calendar")]
    public void Body_WithABrokenRule_SaysWhich(string body, string path, string text)
    {
        var fault = Assert.Single(Faults(body));
        Assert.Equal(path, fault.Path);
        Assert.Contains(text, fault.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RRULE:FREQ=SECONDLY", "more often than daily")]
    [InlineData("RRULE:FREQ=MINUTELY;COUNT=3", "more often than daily")]
    [InlineData("RRULE:FREQ=YEARLY;BYHOUR=0,1,2,3,4,5;BYMINUTE=0,1,2,3,4,5,6;BYSECOND=0,1,2,3,4,5,6,7", "several times of a day")]
    [InlineData("RRULE:FREQ=DAILY;COUNT=100000", "COUNT")]
    [InlineData("RRULE:FREQ=YEARLY;INTERVAL=2147483647", "INTERVAL")]
    [InlineData("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "matches no day")]
    [InlineData("EXRULE:FREQ=SECONDLY", "EXRULE")]
    [InlineData("DURATION:P4000D", "366 days")]
    public void Event_ThatIsHostile_IsRefusedAtOnce(string line, string text)
    {
        var began = TimeProvider.System.GetTimestamp();
        var faults = Faults(Body(Event("DTSTART:20200101T020000Z", line), "UTC"));

        Assert.Contains(text, Assert.Single(faults).Text, StringComparison.Ordinal);
        // Without the bounds, the first of them takes two minutes.
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void ManyEvents_ThatRepeatDaily_AreRefusedInBoundedTime()
    {
        var began = TimeProvider.System.GetTimestamp();
        var events = string.Concat(Enumerable.Range(0, 50).Select(static n => Inner($"DTSTART:20100101T{n % 24:00}{n % 60:00}00Z", "DURATION:PT1M", "RRULE:FREQ=DAILY")));

        Assert.Contains("more than 10,000 times", Assert.Single(Faults(Body(Whole(events), "UTC"))).Text, StringComparison.Ordinal);
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }

    // Each of these takes the library minutes or hours: it walks through each step since the start, tries all that
    // lists combine to, and counts no time that it finds twice.
    [Theory]
    [InlineData("19000101", "RRULE:FREQ=DAILY", 200, "too costly together")]
    [InlineData("00010101", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29", 3, "too costly together")]
    [InlineData("20260101", "RRULE:FREQ=DAILY;UNTIL=20260110T000000Z", 201, "201 rules of events that repeat")]
    [InlineData("20260101", "RRULE:FREQ=YEARLY;BYWEEKNO=@", 1, "too many combinations")]
    [InlineData("20260101", "RRULE:FREQ=MONTHLY;BYMONTHDAY=@", 1, "too many combinations")]
    [InlineData("20260101", "RRULE:FREQ=YEARLY;BYMONTH=@;BYMONTHDAY=@", 1, "too many combinations")]
    public void Rules_OfOneEvent_ThatAreTooCostly_AreRefused(string start, string rule, int count, string text)
    {
        var list = string.Join(',', Enumerable.Repeat("1", 3_000));
        var lines = Enumerable.Repeat(rule.Replace("@", list, StringComparison.Ordinal), count);
        var faults = Faults(Body(Event([$"DTSTART:{start}T020000Z", "DURATION:PT1M", .. lines]), "UTC"));

        Assert.Contains(text, Assert.Single(faults).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_ThatEndedLongAgo_AreNotCostly()
    {
        string[] old =
        [
            "RRULE:FREQ=DAILY;UNTIL=20010301T000000Z", "RRULE:FREQ=DAILY;BYDAY=MO;COUNT=10", "RRULE:FREQ=WEEKLY",
            "RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
        ];
        var events = string.Concat(Enumerable.Range(0, 50).Select(n => Inner("DTSTART:20010101T020000Z", "DURATION:PT1H", old[n % old.Length])));

        Assert.NotEmpty(Spans(OfFile(Whole(events)), 1));
    }

    [Fact]
    public void RulesWithoutAFile_ThatAreTooCostlyTogether_SayFromWhich()
    {
        var rule = $"\"FREQ=DAILY;BYMONTHDAY={string.Join(',', Enumerable.Range(1, 31))};BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12\"";
        var faults = Faults($$"""{"rules":[{{string.Join(',', Enumerable.Repeat(rule, 20))}}]}""");

        Assert.Equal("rules[10]", faults[0].Path);
        Assert.All(faults, static fault => Assert.Contains("too costly together", fault.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void TwoWindowsADay_AreTooManyTimes() => Assert.Contains(
        "separate times", Assert.Single(Faults(Body(Whole(
            Inner("DTSTART:20260101T010000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY") + Inner("DTSTART:20260101T130000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY")), "UTC"))).Text,
        StringComparison.Ordinal);

    [Fact]
    public void ZoneThatNobodyKnows_IsNamed() => Assert.Contains(
        "Customized Time Zone", Assert.Single(Faults(Body(Event("DTSTART;TZID=Customized Time Zone:20261201T220000", "RRULE:FREQ=DAILY"), "UTC"))).Text,
        StringComparison.Ordinal);

    private static string Inner(params string[] lines) =>
        $"BEGIN:VEVENT\nUID:{Guid.NewGuid()}\nDTSTAMP:20260101T000000Z\n{string.Join('\n', lines)}\nEND:VEVENT\n";

    private static string Whole(string events) => $"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n{events}END:VCALENDAR\n";

    private static string Event(params string[] lines) => Whole(Inner(lines));

    private static string Body(string ics, string zone) =>
        JsonSerializer.Serialize(new Dictionary<string, string> { ["ics"] = ics.ReplaceLineEndings("\r\n"), ["zone"] = zone });

    private static CalendarTimes OfFile(string ics, string zone = "UTC") => Compile(Body(ics, zone));

    private static CalendarTimes Compile(string body)
    {
        var faults = ImmutableArray.CreateBuilder<CalendarFault>();
        var times = CalendarCompiler.Compile(Read(body), Now, faults);
        Assert.Equal([], faults);
        return times!;
    }

    private static ImmutableArray<CalendarFault> Faults(string body)
    {
        var faults = ImmutableArray.CreateBuilder<CalendarFault>();
        Assert.Null(CalendarCompiler.Compile(Read(body), Now, faults));
        return faults.ToImmutable();
    }

    private static CalendarSpec Read(string body)
    {
        var errors = new SpecErrors();
        var spec = CalendarSpecReader.Read(Encoding.UTF8.GetBytes(body), errors);
        Assert.True(spec is not null, $"{errors.Malformed} {string.Join("; ", errors.Items)}");
        return spec;
    }

    private static IEnumerable<string> Spans(CalendarTimes times, int most, string after = "2026-11-27T12:00Z") =>
        times.After(At(after), most).Select(static span => $"{Text(span.From)} {Text(span.To)}");

    private static string Text(long time) =>
        DateTimeOffset.FromUnixTimeMilliseconds(time).ToString("yyyy-MM-dd'T'HH:mm'Z'", CultureInfo.InvariantCulture);

    private static long At(string time) => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
}
