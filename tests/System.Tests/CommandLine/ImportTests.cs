using System.Text.Json.Nodes;
using OrleansTasks.Cli.Apply;
using OrleansTasks.Cli.Import;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>Crontabs and timers of systemd become definitions with schedules.</summary>
public sealed class ImportTests(SharedServices shared) : DataFolders
{
    private const string Team = """
        # m h dom mon dow command
        MAILTO=ops@example.org
        PATH=/usr/local/bin:/usr/bin:/bin
        GREETING = "hello  world"

        # Nightly backup
        30 2 * * *  /bin/echo "backup $GREETING"
        */15 * * * * cd /tmp && /bin/pwd
        0 9-17/2 * * MON-FRI true
        0 0 1,15 * FRI /bin/echo either
        @daily /bin/date +\%Y
        @reboot /usr/bin/start-agent
        5 4 * * sun cat -n%first line%second \% line
        #0 1 * * * /opt/never
        CRON_TZ=America/New_York
        MAILTO=""
        0 6 * jan,JUL 1-5 flock -n /tmp/lock /bin/true
        SHELL=/bin/bash
        10 10 * * * echo ${BASH_VERSION:+bash}
        11 10 * * * FOO=1 env | grep ^FOO=
        0~30 3 * * * /opt/random
        @hourly /bin/echo 'a "quoted" $(word)'
        """;

    [Fact]
    public async Task Crontab_OfATeam_BecomesDefinitionsWithSchedulesThatRun()
    {
        // Nothing is mailed: a notification only needs to know a server.
        await using var service = await Service.Start(Data, "--smtp", "smtp-plain://127.0.0.1:9");
        var file = FileWith(Team);

        var imported = await Otask.Run(
            service, "import", "crontab", file, "--prefix", "team", "--zone", "Europe/Berlin", "--mail",
            "--timeout", "5m");

        Assert.True(imported.ExitCode == 0, imported.Errors);
        Assert.Equal(
            """
            otask: line 7: cron starts commands in their user's home folder, and tasks start in a fresh one; see --cwd
            otask: line 12: @reboot is not carried over: a schedule has no time when a machine starts
            otask: line 21: is not carried over: '0~30 3 * * *' asks for a random time; choose one, or use a jitter

            """,
            imported.Errors);
        var backup = await Json(service, "definition", "show", "team/echo");
        Assert.Equal("Nightly backup", (string?)backup["description"]);
        Assert.Equal("5m", (string?)backup["task"]!["timeout"]);
        var schedule = await Json(service, "schedule", "get", "team-echo");
        Assert.Equal(
            ("30 2 * * *", "Europe/Berlin", "allow"),
            ((string?)schedule["cron"], (string?)schedule["timeZone"], (string?)schedule["overlap"]));
        var newYork = await Json(service, "schedule", "get", "team-true-2");
        Assert.Equal(
            ("0 6 * jan,JUL 1-5", "America/New_York"), ((string?)newYork["cron"], (string?)newYork["timeZone"]));
        var mail = await Json(service, "notification", "show", "team-mail");
        Assert.Equal("""["ops@example.org"]""", mail["to"]!["mail"]!.ToJsonString());

        Assert.Equal("backup hello  world\n", await Output(service, "team/echo"));
        Assert.Equal("/tmp\n", await Output(service, "team/pwd"));
        Assert.Equal($"{TimeProvider.System.GetUtcNow().Year}\n", await Output(service, "team/date"));
        Assert.Equal("     1\tfirst line\n     2\tsecond % line\n", await Output(service, "team/cat"));
        Assert.Equal("bash\n", await Output(service, "team/echo-3"));
        Assert.Equal("FOO=1\n", await Output(service, "team/grep"));
        Assert.Equal("a \"quoted\" $(word)\n", await Output(service, "team/echo-4"));

        var again = await Otask.Run(
            service, "import", "crontab", file, "--prefix", "team", "--zone", "Europe/Berlin", "--mail",
            "--timeout", "5m", "-o", "json");
        Assert.All(
            JsonNode.Parse(again.Output)!.AsArray().Where(static one => (string?)one!["kind"] != "schedule"),
            static one => Assert.Equal("keep", (string?)one!["action"]));
    }

    [Fact]
    public async Task Crontab_DryRun_PrintsWhatApplyTakes()
    {
        var dry = await Otask.Run(
            "import", "crontab", FileWith(Team), "--zone", "UTC", "--dry-run", "--only", "workdays", "--paused");

        var document = YamlText.Read(dry.Output)[0]!.AsObject();
        Assert.Equal(0, dry.ExitCode);
        Assert.Equal(10, document["definitions"]!.AsArray().Count);
        Assert.All(document["schedules"]!.AsArray(), static schedule =>
        {
            Assert.Equal("""["workdays"]""", schedule!["only"]!.ToJsonString());
            Assert.True((bool)schedule["paused"]!);
        });
        Assert.Contains("MAILTO=ops@example.org is not carried over", dry.Errors, StringComparison.Ordinal);
        var bash = document["definitions"]!.AsArray().First(static one => one!["task"]!["argv"] is not null)!;
        Assert.Equal(
            ["/bin/bash", "-c", "echo ${BASH_VERSION:+bash}"],
            bash["task"]!["argv"]!.AsArray().Select(static word => (string)word!));
    }

    [Theory]
    [InlineData("60 * * * * true", "line 1: '60 * * * *' '60' is not a value of the minute")]
    [InlineData("\n* * * * *", "line 2: has no command")]
    [InlineData("* * * *", "line 1: has 4 words")]
    [InlineData("@weekly", "line 1: has no command")]
    [InlineData("@fortnightly x", "line 1: '@fortnightly' has an unknown name")]
    [InlineData("CRON_TZ=Mars/Olympus\n* * * * * x", "line 1: CRON_TZ: there is no time zone 'Mars/Olympus'")]
    [InlineData("A-B=c", "line 1: 'A-B' is not the name of an environment variable")]
    [InlineData("RANDOM_DELAY=soon", "line 1: RANDOM_DELAY: 'soon' is not a number")]
    [InlineData("* * * * * echo \a", "line 1: has a control character")]
    [InlineData("* * * * * echo ${param.x}", "line 1: contains ${param.")]
    public async Task Crontab_WithAHostileLine_ImportsNothing_AndNamesTheLine(string text, string expected)
    {
        var refused = await Otask.Run("import", "crontab", FileWith($"{text}\n0 1 * * * true\n"), "--dry-run");

        Assert.Equal(2, refused.ExitCode);
        Assert.Equal("", refused.Output);
        Assert.Contains(expected, refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Crontab_OfTheSystem_HasUsers()
    {
        var plan = new ImportPlan(new ImportTerms { Prefix = "etc", Zone = "UTC" });

        CrontabReader.Read("17 * * * *\troot\tcd / && run-parts --report /etc/cron.hourly\n", hasUsers: true, plan);

        var definition = Assert.Single(plan.ToDocument()["definitions"]!.AsArray())!;
        Assert.Equal("etc/run-parts", (string?)definition["name"]);
        Assert.Equal("cd / && run-parts --report /etc/cron.hourly", (string?)definition["task"]!["cmd"]);
        Assert.Contains("line 1: the user 'root' is not", string.Join('\n', plan.Notes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Mon..Fri *-*-* 09:00", "0 9 * * MON-FRI", null)]
    [InlineData("Sat,Sun 10:30:15 Europe/Berlin", "15 30 10 * * SAT,SUN", "Europe/Berlin")]
    [InlineData("daily", "0 0 * * *", null)]
    [InlineData("weekly UTC", "0 0 * * MON", "UTC")]
    [InlineData("quarterly", "0 0 1 1,4,7,10 *", null)]
    [InlineData("*-*-* *:00/15:00", "0/15 * * * *", null)]
    [InlineData("*-*-1..7 04:05", "5 4 1-7 * *", null)]
    [InlineData("Mon *-*-1..7 04:05", "5 4 * * MON#1", null)]
    [InlineData("*-02~1 12:00", "0 12 L 2 *", null)]
    [InlineData("*-*~03", "0 0 L-2 * *", null)]
    [InlineData("*:0/5", "0/5 * * * *", null)]
    public void CalendarEvent_ThatCronKnows_IsTranslated(string text, string cron, string? zone) =>
        Assert.Equal((cron, zone), CalendarEvent.ToCron(text));

    [Theory]
    [InlineData("2026-12-24 18:00")]
    [InlineData("Mon *-*-1,15 04:05")]
    [InlineData("*-*~1..3 00:00")]
    [InlineData("*:*:0.5")]
    public void CalendarEvent_ThatCronCannotSay_IsNotSupported(string text) =>
        Assert.Throws<NotSupportedException>(() => CalendarEvent.ToCron(text));

    [Theory]
    [InlineData("")]
    [InlineData("whenever")]
    [InlineData("Xyz 10:00")]
    [InlineData("10:00:00:00")]
    [InlineData("*-*-* 10:xx")]
    public void CalendarEvent_ThatIsNone_IsRefused(string text) =>
        Assert.ThrowsAny<FormatException>(() => CalendarEvent.ToCron(text is "" ? " x" : text));

    [Fact]
    public async Task Systemd_ATimerAndItsService_BecomeADefinitionThatRuns()
    {
        var service = await shared.Running;
        var folder = In("units");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "report.timer"), """
            [Unit]
            Description=Report timer
            [Timer]
            OnCalendar=Mon..Fri 07:30
            OnCalendar=*-*-1 00:00
            OnBootSec=5min
            Persistent=true
            RandomizedDelaySec=2min
            [Install]
            WantedBy=timers.target
            """, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "report.service"), """
            [Unit]
            Description=Sends the report
            [Service]
            Type=oneshot
            User=www-data
            WorkingDirectory=/tmp
            Environment="WHO=the team" LEVEL=2
            ExecStart=/bin/sh -c 'pwd; \
              echo "$$WHO $$LEVEL" "$$1"' sh ${WHO}
            """, TestContext.Current.CancellationToken);

        var imported = await Otask.Run(
            service, "import", "systemd", Path.Combine(folder, "report.timer"), "--prefix", "units", "--zone", "UTC");

        Assert.True(imported.ExitCode == 0, imported.Errors);
        Assert.Equal(["otask: report.timer: User=www-data is not carried over"], imported.Errors.TrimEnd().Split('\n'));
        Assert.Equal("/tmp\nthe team 2 the team\n", await Output(service, "units/report"));
        var first = await Json(service, "schedule", "get", "units-report");
        Assert.Equal(
            ("30 7 * * MON-FRI", "skip", "one", "2m"),
            ((string?)first["cron"], (string?)first["overlap"], (string?)first["catchUp"], (string?)first["jitter"]));
        Assert.Equal("0 0 1 * *", (string?)(await Json(service, "schedule", "get", "units-report-2"))["cron"]);
    }

    [Theory]
    [InlineData("[Timer]\nOnCalendar=never", "[Service]\nExecStart=/bin/true", "OnCalendar=never: 'never' is not")]
    [InlineData("[Timer]\nOnUnitActiveSec=soon", "[Service]\nExecStart=/bin/true", "OnUnitActiveSec=soon is not")]
    [InlineData("OnCalendar=daily", "[Service]\nExecStart=/bin/true", "line 1 is neither a section nor a setting")]
    [InlineData("[Timer]\nOnCalendar=daily", "[Service]\nExecStart=/bin/echo 'x", "a quote ' has no end")]
    public async Task Systemd_WithAHostileUnit_ImportsNothing(string timer, string service, string expected)
    {
        var folder = In("hostile");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "x.timer"), timer, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "x.service"), service, TestContext.Current.CancellationToken);

        var refused = await Otask.Run(
            "import", "systemd", Path.Combine(folder, "x.timer"), "--dry-run", "--zone", "UTC");

        Assert.Equal((2, ""), (refused.ExitCode, refused.Output));
        Assert.Contains($"x.timer: {expected}", refused.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(@"/bin/echo a\x2db", "/bin/echo|a-b")]
    [InlineData(@"/bin/echo \101\u00e9 '\xc3\xa9' \U0001F600", "/bin/echo|Aé|é|😀")]
    [InlineData(@"/bin/echo a\sb ""\\\""\'""", @"/bin/echo|a b|\""'")]
    [InlineData(@"/bin/grep \.log \400 \x2 ""\;"" a\ b", @"/bin/grep|\.log|\400|\x2|\;|a\ b")]
    [InlineData(@"/bin/date +%%Y \; 5%", "/bin/date|+%Y|;|5%")]
    [InlineData("/bin/a 1 ; -/bin/b 2; '3' ;", "/bin/a|1 && -/bin/b|2;|3")]
    [InlineData("/bin/echo $A ${A} $$A x$A ${A", @"/bin/echo|xny|b c|x\ny 'b c'|$A|x$A|${A")]
    public void Systemd_ACommandLine_HasTheWordsOfSystemd(string line, string expected)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["A"] = @"x\ny 'b c'" };

        var commands = UnitCommand.Commands(line)
            .Select(words => string.Join('|', UnitCommand.Expanded(words, environment)));

        Assert.Equal(expected, string.Join(" && ", commands));
    }

    [Fact]
    public void Systemd_PercentSignsEscapesAndSemicolons_AreWhatSystemdMakesOfThem()
    {
        var plan = PlanOf(
            """
            Environment=A=50%% "B=a\x20b"
            WorkingDirectory=/srv/100%%
            ExecStart=/bin/a $A ; /bin/b "$B" %%d
            """);

        var task = Assert.Single(plan.ToDocument()["definitions"]!.AsArray())!["task"]!;
        Assert.Equal("""{"A":"50%","B":"a b"}""", task["env"]!.ToJsonString());
        Assert.Equal("/srv/100%", (string?)task["cwd"]);
        Assert.Equal("'/bin/a' '50%' && '/bin/b' 'a' 'b' '%d'", (string?)task["cmd"]);
        Assert.Empty(plan.Notes);
        Assert.Empty(plan.Faults);
    }

    [Theory]
    [InlineData("Environment=A=50%% B=%h\nExecStart=/bin/true", "only the unit's machine knows what %h stands for")]
    [InlineData("WorkingDirectory=/srv/%i\nExecStart=/bin/true", "only the unit's machine knows what %i stands for")]
    [InlineData("ExecStart=/bin/echo %n", "only the unit's machine knows what %n stands for")]
    [InlineData("ExecStart=/bin/echo $HOME", "the variable $HOME is not among the Environment= of the unit")]
    [InlineData(@"ExecStart=/bin/echo \xff", @"a word of /bin/echo \xff is not UTF-8")]
    [InlineData(@"ExecStart=/bin/echo \ud800", @"\ud800 is not a character")]
    [InlineData("ExecStart=/bin/a ; @/bin/b c", "the prefix of ExecStart=@/bin/b changes the words of its command")]
    public void Systemd_WithWhatATaskCannotHave_LeavesTheTimerOutAndSaysWhy(string service, string expected)
    {
        var plan = PlanOf(service);

        Assert.Empty(plan.ToDocument()["definitions"]!.AsArray());
        Assert.Equal([$"x.timer: is not carried over: {expected}"], plan.Notes.Select(static note => note.ToString()));
        Assert.Empty(plan.Faults);
    }

    [Theory]
    [InlineData(@"Environment=A=\d", @"Environment= has \d, which is not an escape")]
    [InlineData("ExecStart=/bin/a ; ; /bin/b", "ExecStart= has no command")]
    [InlineData("ExecStart=- /bin/a", "ExecStart= has no command")]
    public void Systemd_WithWhatSystemdRefuses_ImportsNothing(string service, string expected)
    {
        var plan = PlanOf($"{service}\nExecStart=/bin/true");

        Assert.Equal([$"x.timer: {expected}"], plan.Faults.Select(static fault => fault.ToString()));
    }

    [Theory]
    [InlineData("on")]
    [InlineData("null")]
    [InlineData("12")]
    [InlineData("1e3")]
    [InlineData("a: b")]
    [InlineData("- x")]
    [InlineData("# c")]
    [InlineData(" lead")]
    [InlineData("trail ")]
    [InlineData("two\nlines\n")]
    [InlineData("é😀\t\u0001\u2028")]
    [InlineData("")]
    [InlineData("'\"\\")]
    public void Yaml_OfAText_IsReadAsTheSameText(string text)
    {
        var document = new JsonObject
        {
            [text.Length == 0 ? "x" : text] = new JsonArray(text, new JsonObject(), new JsonArray(), null, 7, true),
        };
        using var output = new StringWriter();

        YamlWriter.Write(document, output);

        Assert.True(JsonNode.DeepEquals(document, Assert.Single(YamlText.Read(output.ToString()))), output.ToString());
    }

    // Imports a service with a daily timer.
    private static ImportPlan PlanOf(string service)
    {
        var plan = new ImportPlan(new ImportTerms { Prefix = "units", Zone = "UTC" });
        TimerReader.Read(
            "x.timer", file => file == "x.timer" ? "[Timer]\nOnCalendar=daily" : $"[Service]\n{service}", plan);
        return plan;
    }

    private static async Task<JsonNode> Json(Service service, params string[] words)
    {
        var shown = await Otask.Run(service, [.. words, "-o", "json"]);
        Assert.True(shown.ExitCode == 0, shown.Errors);
        return JsonNode.Parse(shown.Output)!;
    }

    private static async Task<string> Output(Service service, string definition)
    {
        var run = await Otask.Run(service, "run", definition);
        Assert.True(run.ExitCode == 0, run.Errors);
        return run.Output;
    }

    private string FileWith(string text)
    {
        var file = In("crontab");
        File.WriteAllText(file, text);
        return file;
    }
}
