using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansTasks.Definitions;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tests.Spec;

/// <summary>Definitions, their parameters, and how values get into what they start.</summary>
public sealed class DefinitionFillingTests
{
    private static readonly NodeScope NoNodes = new(new DefinitionBook(), ["own"]);

    private const string OneText = """{"parameters":[{"name":"x"}],"task":{"argv":["printf","%s","${param.x}"],"env":{"E":"${param.x}"},"stdin":"${param.x}"}}""";

    [Fact]
    public void Fill_WithTenThousandHostileValues_GivesEachToTheTaskByteForByte()
    {
        var spec = Read(OneText);
        var random = new Random(20261127);
        for (var i = 0; i < 10_000; i++)
        {
            var value = Hostile(random);

            var task = TaskOf(Fill(spec, ("x", JsonSerializer.Serialize(value))));

            Assert.Null(task.Cmd);
            Assert.Equal(["printf", "%s", value], task.Argv);
            Assert.Equal([("E", value), ("PARAM_X", value)], task.Env.Select(static one => (one.Name, one.Value)));
            Assert.Equal(Encoding.UTF8.GetBytes(value), task.Stdin.ToArray());
        }
    }

    [Theory]
    [InlineData("${param.x}")]
    [InlineData("${param.y}")]
    [InlineData("$(touch /tmp/x)")]
    [InlineData("\",\"cmd\":\"id")]
    public void Fill_WithAValueThatLooksLikeASpec_DoesNotReadIt(string value)
    {
        var task = TaskOf(Fill(Read("""{"parameters":[{"name":"x"},{"name":"y","default":"other"}],"task":{"argv":["a","${param.x}","${param.y}"]}}"""),
            ("x", JsonSerializer.Serialize(value))));

        Assert.Equal(["a", value, "other"], task.Argv);
    }

    [Theory]
    [InlineData("""{"parameters":[{"name":"x"}],"task":{"cmd":"echo ${param.x}"}}""", "task.cmd")]
    [InlineData("""{"parameters":[{"name":"x"}],"task":{"cmd":"${param.x}"}}""", "task.cmd")]
    [InlineData("""{"parameters":[{"name":"x"}],"task":{"cmd":"\u0024{param.x}"}}""", "task.cmd")]
    [InlineData("""{"parameters":[{"name":"x"}],"workflow":{"nodes":[{"name":"a","task":{"cmd":"echo '${param.x}'"}}]}}""", "workflow.nodes[0].task.cmd")]
    [InlineData("""{"parameters":[{"name":"x"}],"job":{"source":{"command":{"cmd":"${param.x}"}},"process":{"builtin":"identity"}}}""", "job.source.command.cmd")]
    [InlineData("""{"parameters":[{"name":"x"}],"job":{"source":{"range":{"from":0,"to":1}},"process":{"command":{"cmd":"${param.x}"}}}}""", "job.process.command.cmd")]
    [InlineData("""{"parameters":[{"name":"x"}],"job":{"source":{"range":{"from":0,"to":1}},"process":{"builtin":"identity"},"aggregate":[{"op":"reduceCommand","command":{"cmd":"${param.x}"}}]}}""", "job.aggregate[0].command.cmd")]
    [InlineData("""{"parameters":[{"name":"x"}],"rollout":{"task":{"cmd":"${param.x}"}}}""", "rollout.task.cmd")]
    [InlineData("""{"parameters":[{"name":"x"}],"rollout":{"task":{"cmd":"true"},"select":{"argv":"${param.x}"}}}""", "rollout.select.argv")]
    [InlineData("""{"parameters":[{"name":"x"}],"task":{"cmd":"true","requires":{"argv":"${param.x}"}}}""", "task.requires.argv")]
    [InlineData("""{"parameters":[{"name":"x","secret":true}],"workflow":{"nodes":[{"name":"a","task":{"cmd":"true","labels":{"e":"${param.x}"}}}]}}""", "workflow.nodes[0].task.labels.e")]
    [InlineData("""{"parameters":[{"name":"x"}],"task":{"argv":["a","--x=${param.x}"]}}""", "task.argv[1]")]
    [InlineData("""{"parameters":[{"name":"x"}],"task":{"argv":["a","${param.y}"]}}""", "task.argv[1]")]
    [InlineData("""{"parameters":[{"name":"x"}],"task":{"argv":["a"],"name":"${param.x}"}}""", "task.name")]
    [InlineData("""{"parameters":[{"name":"x"}],"task":{"argv":["a"],"cwd":"${param.x}"}}""", "task.cwd")]
    [InlineData("""{"parameters":[{"name":"x"}],"task":{"argv":["a"],"files":[{"path":"a","url":"${param.x}","sha256":"0"}]}}""", "task.files[0].url")]
    [InlineData("""{"parameters":[{"name":"x"}],"task":{"argv":["a"],"files":[{"path":"in/${param.x}","file":"${param.x}"}]}}""", "task.files[0].path")]
    [InlineData("""{"parameters":[{"name":"x","secret":true}],"task":{"argv":["a","${param.x}"]}}""", "task.argv[1]")]
    [InlineData("""{"parameters":[{"name":"x","secret":true}],"task":{"argv":["a"],"env":{"E":"${param.x}"}}}""", "task.env.E")]
    [InlineData("""{"parameters":[{"name":"x","secret":true}],"task":{"argv":["a"],"labels":{"e":"${param.x}"}}}""", "task.labels.e")]
    [InlineData("""{"task":{"argv":["a"],"secretEnv":{"TOKEN":"literal"}}}""", "task.secretEnv.TOKEN")]
    [InlineData("""{"parameters":[{"name":"x"}],"task":{"argv":["a"],"env":{"PARAM_X":"1"}}}""", "task.env.PARAM_X")]
    [InlineData("""{"parameters":[{"name":"x","secret":true}],"job":{"source":{"range":{"from":0,"to":1}},"process":{"builtin":"identity"}}}""", "parameters[0].secret")]
    [InlineData("""{"task":{"argv":["a"],"labels":{"otask/definition":"other"}}}""", "task.labels.otask/definition")]
    [InlineData("""{"task":{"argv":["a"],"prioritty":1}}""", "task.prioritty")]
    [InlineData("""{"task":{"argv":["a"]},"job":{}}""", "job")]
    [InlineData("""{"description":"nothing"}""", "task")]
    [InlineData("""{"task":{"argv":["a"]},"paramaters":[]}""", "paramaters")]
    [InlineData("""{"parameters":[{"name":"a-b"},{"name":"A_b"}],"task":{"argv":["a"]}}""", "parameters[1].name")]
    [InlineData("""{"parameters":[{"name":"x","type":"choice"}],"task":{"argv":["a"]}}""", "parameters[0].choices")]
    [InlineData("""{"parameters":[{"name":"x","type":"dat"}],"task":{"argv":["a"]}}""", "parameters[0].type")]
    [InlineData("""{"parameters":[{"name":"x","type":"integer","default":1.5}],"task":{"argv":["a"]}}""", "parameters[0].default")]
    [InlineData("""{"parameters":[{"name":"x","secret":true,"default":"s"}],"task":{"argv":["a"]}}""", "parameters[0].default")]
    [InlineData("""{"parameters":[{"name":"x","pattern":"(a)\\1"}],"task":{"argv":["a"]}}""", "parameters[0].pattern")]
    [InlineData("""{"parameters":[{"name":"x","pattern":"((a|b){1,15}c?){1,15}"}],"task":{"argv":["a"]}}""", "parameters[0].pattern")]
    [InlineData("""{"parameters":[{"name":"1"}],"task":{"argv":["a"]}}""", "parameters[0].name")]
    public void Read_ADefinitionThatIsWrong_NamesThePlace(string body, string path)
    {
        var errors = new SpecErrors();

        Assert.Null(DefinitionSpecReader.Read(Encoding.UTF8.GetBytes(body), 0, errors, NoNodes));

        Assert.Null(errors.Malformed);
        Assert.Equal([path], errors.Items.Select(static error => error.Path).Distinct());
    }

    [Theory]
    [InlineData("""{"name":"x","type":"integer","min":1,"max":10}""", "1 10 \"7\"", "0 11 1.5 1e1 \"07\" \"+7\" \" 7\" true \"\" [] \"x\"")]
    [InlineData("""{"name":"x","type":"integer","max":9007199254740992}""", "9007199254740992", "9007199254740993")]
    [InlineData("""{"name":"x","type":"number","min":0.5}""", "0.5 1e3 \"2.50\"", "0.4 \"0x10\" \"NaN\" \"1,5\"")]
    [InlineData("""{"name":"x","type":"boolean"}""", "true false \"true\"", "1 \"yes\" \"True\"")]
    [InlineData("""{"name":"x","type":"choice","choices":["a","b"]}""", "\"a\"", "\"c\" \"A\" \"\" 1")]
    [InlineData("""{"name":"x","type":"date","min":"2026-01-01"}""", "\"2026-02-28\"", "\"2026-02-30\" \"2025-12-31\" \"26-02-03\" 20260101")]
    [InlineData("""{"name":"x","type":"time","max":"12:00"}""", "\"09:30\" \"09:30:15\" \"12:00\" \"12:00:00\"", "\"24:00\" \"12:01\" \"12:00:01\" \"9:30\"")]
    [InlineData("""{"name":"x","type":"time","min":"09:30:00"}""", "\"09:30\" \"09:30:01\"", "\"09:29\" \"09:29:59\"")]
    [InlineData("""{"name":"x","pattern":"[a-z]+","min":2,"max":3}""", "\"ab\" \"abc\"", "\"a\" \"abcd\" \"ab\\n\" \"AB\" 12 true")]
    [InlineData("""{"name":"x","type":"file"}""", "\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"", "\"sha256:0\" \"/etc/passwd\"")]
    [InlineData("""{"name":"x"}""", "\"\" \"null\" null", "\"a\\u0000b\" 1 {} true")]
    [InlineData("""{"name":"x","required":true}""", "\"\"", "null")]
    public void Fill_WithAValue_TakesWhatTheParameterAllows(string parameter, string good, string bad)
    {
        var spec = Read($$$"""{"parameters":[{{{parameter}}}],"task":{"argv":["a","${param.x}"]}}""");

        foreach (var value in good.Split(' '))
        {
            using var json = JsonDocument.Parse(value);
            Assert.Equal(json.RootElement.ValueKind == JsonValueKind.Null ? "" : json.RootElement.ToString() is "True" or "False" ? value : json.RootElement.ToString(),
                TaskOf(Fill(spec, ("x", value))).Argv[1]);
        }

        foreach (var value in bad.Replace("\" 7\"", "\"\\u00207\"", StringComparison.Ordinal).Split(' '))
            Assert.Equal(["parameters.x"], FaultsOf(spec, ("x", value)));
    }

    // A command line is the only text that a shell reads, so names of the author's own may be cmd too.
    [Theory]
    [InlineData("task", """{"cmd":"true","env":{"cmd":"${param.x}"}}""", "env cmd")]
    [InlineData("task", """{"cmd":"true","secretEnv":{"cmd":"${param.x}"}}""", "secretEnv cmd")]
    [InlineData("task", """{"cmd":"true","labels":{"cmd":"${param.x}"}}""", "labels cmd")]
    [InlineData("rollout", """{"task":{"cmd":"true","labels":{"cmd":"${param.x}"}}}""", "task labels cmd")]
    [InlineData("workflow", """{"labels":{"cmd":"${param.x}"},"nodes":[{"name":"n","task":{"cmd":"true"}}]}""", "labels cmd")]
    [InlineData("workflow", """{"nodes":[{"name":"n","task":{"cmd":"true","labels":{"day":"${param.x}"}}}]}""", "nodes 0 task labels day")]
    [InlineData("workflow", """{"nodes":[{"name":"n","task":{"cmd":"true","env":{"cmd":"${param.x}"}}}]}""", "nodes 0 task env cmd")]
    [InlineData("workflow", """{"nodes":[{"name":"n","job":{"labels":{"cmd":"${param.x}"},"source":{"range":{"from":0,"to":1}},"process":{"builtin":"identity"}}}]}""", "nodes 0 job labels cmd")]
    [InlineData("job", """{"source":{"items":[{"cmd":"${param.x}"}]},"process":{"builtin":"identity"}}""", "source items 0 cmd")]
    public void Fill_ALabelOrANameOfTheAuthorsOwn_TakesTheValue(string kind, string target, string place)
    {
        var spec = Read($$$"""{"parameters":[{"name":"x"}],"{{{kind}}}":{{{target}}}}""");

        using var filled = JsonDocument.Parse(Fill(spec, ("x", "\"2026-11-26\"")).Body);

        Assert.Equal("2026-11-26", At(filled.RootElement, place).GetString());
    }

    [Fact]
    public void Fill_AnItemOfAJob_KeepsTheTypeOfTheValue_WhateverItsFieldIsCalled()
    {
        var spec = Read("""
            {"parameters":[{"name":"n","type":"integer"}],
             "job":{"source":{"items":[{"argv":["${param.n}"]}]},"process":{"builtin":"identity"}}}
            """);

        using var filled = JsonDocument.Parse(Fill(spec, ("n", "7")).Body);

        Assert.Equal("7", At(filled.RootElement, "source items 0 argv 0").GetRawText());
    }

    [Fact]
    public void Fill_WithoutAValue_SetsTheVariableToTheEmptyText()
    {
        const string Parameters = """{"name":"note"},{"name":"n","type":"integer"}""";
        var task = TaskOf(Fill(Read(
            $$$"""{"parameters":[{{{Parameters}}},{"name":"key","secret":true}],"task":{"cmd":"true"}}""")));
        var job = Fill(Read(
            $$$$"""
            {"parameters":[{{{{Parameters}}}}],
             "job":{"source":{"range":{"from":0,"to":1}},"process":{"builtin":"identity"}}}
            """));

        Assert.Equal(
            [("PARAM_NOTE", ""), ("PARAM_N", ""), ("PARAM_KEY", "")],
            task.Env.Select(static one => (one.Name, one.Value)));
        // A task that has secrets cannot be retried once it has ended.
        Assert.Empty(task.SecretEnv);
        Assert.Equal([("PARAM_NOTE", ""), ("PARAM_N", "")], job.Variables);
    }

    [Fact]
    public void AsAsked_AFaultOfAStart_NamesTheParameterOfTheFile_AndOtherwiseTheField()
    {
        var (given, own) = ("sha256:" + new string('7', 64), "sha256:" + new string('8', 64));
        const string Parameters = """[{"name":"data","type":"file"},{"name":"where"}]""";
        var task = Fill(
            Read($$$"""
                {"parameters":{{{Parameters}}},"task":{"argv":["a"],
                 "files":[{"path":"${param.where}","file":"${param.data}"},
                  {"path":"${param.data}","file":"{{{own}}}"}]}}
                """),
            ("data", $"\"{given}\""), ("where", "\"stored\""));
        var job = Fill(
            Read($$$$"""
                {"parameters":{{{{Parameters}}}},"job":{"source":{"file":{"files":["{{{{own}}}}","${param.data}"]}},
                 "process":{"builtin":"length"}}}
                """),
            ("data", $"\"{given}\""));
        var path = Fill(
            Read("""
                {"parameters":[{"name":"where"}],
                 "job":{"source":{"file":{"path":"${param.where}"}},"process":{"builtin":"length"}}}
                """),
            ("where", "\"/none\""));

        Assert.Equal("parameters.data", PlaceOf(task, "files[0]", $"names {given}, which is not stored"));
        Assert.Equal("task.files[1]", PlaceOf(task, "files[1]", $"names {own}, which is not stored"));
        Assert.Equal("task.after[0]", PlaceOf(task, "after[0]", "names no task"));
        Assert.Equal("parameters.data", PlaceOf(job, "source.file", $"names {given}, which is not stored"));
        Assert.Equal("job.source.file", PlaceOf(job, "source.file", $"names {own}, which is not stored"));
        Assert.Equal("parameters.where", PlaceOf(path, "source.file.path", "does not exist"));

        static string PlaceOf(FilledTarget target, string path, string message) =>
            target.AsAsked(new SpecError(path, message)).Path;
    }

    [Theory]
    [InlineData("\"UPPER\"", "queue", "parameters.x")]
    [InlineData("\"a\\nb\"", "label", "parameters.x")]
    [InlineData("\"\"", "first", "parameters.x")]
    public void Fill_WithAValueThatItsPlaceDoesNotTake_NamesTheParameter(string value, string place, string path)
    {
        var target = place switch
        {
            "queue" => """{"argv":["a"],"queue":"${param.x}"}""",
            "label" => """{"argv":["a"],"labels":{"l":"${param.x}"}}""",
            _ => """{"argv":["${param.x}"]}""",
        };

        Assert.Equal([path], FaultsOf(Read($$$"""{"parameters":[{"name":"x"}],"task":{{{target}}}}"""), ("x", value)));
    }

    [Fact]
    public void Fill_WithUnknownAndMissingParameters_NamesEach()
    {
        var spec = Read("""{"parameters":[{"name":"day","required":true},{"name":"other"}],"task":{"argv":["a"]}}""");

        Assert.Equal(["parameters.dya", "parameters.day"], FaultsOf(spec, ("dya", "\"x\"")));
    }

    [Fact]
    public void Fill_ASecret_PutsItIntoSecretEnvAlone()
    {
        var spec = Read("""{"parameters":[{"name":"token","secret":true,"required":true}],"task":{"cmd":"curl","secretEnv":{"T":"${param.token}"}}}""");

        var task = TaskOf(Fill(spec, ("token", "\"hush\"")));

        Assert.Equal([("T", "hush"), ("PARAM_TOKEN", "hush")], task.SecretEnv.Select(static one => (one.Name, one.Value)));
        Assert.Empty(task.Env);
        var errors = new SpecErrors();
        Assert.Null(DefinitionFilling.Fill(spec, RunOf(("token", "\"hu\\u0000sh\"")), 0, errors, NoNodes));
        Assert.DoesNotContain("hu", errors.Items[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fill_AJobsSource_KeepsTheTypeOfTheValue()
    {
        var spec = Read("""{"parameters":[{"name":"to","type":"integer"}],"job":{"source":{"range":{"from":0,"to":"${param.to}"}},"process":{"builtin":"identity"}}}""");

        var filled = Fill(spec, ("to", "\"12\""));
        var stored = JobSpecReader.ReadStored(DefinitionJob.SpecOf(filled, new DefinitionRef("a/b", 3)));

        Assert.Equal(12, stored.Source.To);
        Assert.Equal([("PARAM_TO", "12")], stored.Env.Select(static one => (one.Name, one.Value)));
        Assert.Equal(new DefinitionRef("a/b", 3), DefinitionLabels.Of(stored.Labels));
        Assert.Equal(["parameters.to"], FaultsOf(spec));
    }

    [Theory]
    [InlineData("task", """{"argv":["a"],"files":FILES}""")]
    [InlineData("workflow", """{"nodes":[{"name":"n","task":{"argv":["a"],"files":FILES}}]}""")]
    [InlineData("rollout", """{"task":{"argv":["a"],"files":FILES}}""")]
    public void Fill_AFileOfATask_TakesItsNameAndItsPath(string kind, string target)
    {
        const string Files = """[{"file":"${param.data}","path":"${param.where}"},{"file":"${param.data}","path":"again"}]""";
        const string Declared = """{"name":"data","type":"file","required":true},{"name":"where"}""";
        var name = "sha256:" + new string('7', 64);
        var spec = Read($$"""{"parameters":[{{Declared}}],"{{kind}}":{{target.Replace("FILES", Files, StringComparison.Ordinal)}}}""");

        using var filled = JsonDocument.Parse(Fill(spec, ("data", $"\"{name}\""), ("where", "\"in/a b.csv\"")).Body);

        var task = kind switch
        {
            "task" => filled.RootElement,
            "workflow" => filled.RootElement.GetProperty("nodes")[0].GetProperty("task"),
            _ => filled.RootElement.GetProperty("task"),
        };
        Assert.Equal(
            [(name, "in/a b.csv"), (name, "again")],
            task.GetProperty("files").EnumerateArray()
                .Select(static one => (one.GetProperty("file").GetString(), one.GetProperty("path").GetString())));
        Assert.Equal(["parameters.data"], FaultsOf(spec, ("data", "\"sha256:7\""), ("where", "\"in\"")));
        Assert.Equal(["parameters.where"], FaultsOf(spec, ("data", $"\"{name}\""), ("where", "\"../out\"")));
    }

    [Fact]
    public void Fill_WithLabelsAndATime_ReplacesThoseOfTheSpec()
    {
        var spec = Read("""{"task":{"argv":["a"],"labels":{"a":"1","b":"1"},"runAt":"2026-01-01T00:00:00Z"}}""");
        var errors = new SpecErrors();
        var run = DefinitionRunSpec.Read("""{"labels":{"b":"2","c":"2"},"runAt":"2026-02-02T00:00:00Z"}"""u8.ToArray(), errors)!;

        var task = TaskOf(DefinitionFilling.Fill(spec, run, 0, errors, NoNodes)!);

        Assert.Equal(["a=1", "b=2", "c=2"], task.Labels.Select(static one => $"{one.Key}={one.Value}"));
        Assert.Equal("2026-02-02T00:00:00.000Z", Timestamps.Format(task.RunAt));
        var wrong = DefinitionRunSpec.Read("""{"labels":{"B":"2"}}"""u8.ToArray(), errors)!;
        Assert.Null(DefinitionFilling.Fill(spec, wrong, 0, errors, NoNodes));
        Assert.Equal(["labels.B"], errors.Items.Select(static error => error.Path));
    }

    [Theory]
    [InlineData("etl/*", "etl/load", true)]
    [InlineData("etl/*", "etl/a/b", true)]
    [InlineData("etl/*", "etl", false)]
    [InlineData("etl/*", "etlx/load", false)]
    [InlineData("etl/*", "x/etl/load", false)]
    [InlineData("etl/load", "etl/load", true)]
    [InlineData("etl/load", "etl/load2", false)]
    [InlineData("*", "a", true)]
    [InlineData("a*a", "a", false)]
    [InlineData("a*b*c", "axbxc", true)]
    [InlineData("a*b*c", "acb", false)]
    [InlineData("*b*b", "ab", false)]
    [InlineData("a.c", "abc", false)]
    public void Pattern_OfAKey_MatchesNames(string pattern, string name, bool matches) =>
        Assert.Equal(matches, DefinitionName.Matches(pattern, name));

    [Theory]
    [InlineData("etl/load-day", true)]
    [InlineData("a", true)]
    [InlineData("0", true)]
    [InlineData("", false)]
    [InlineData("/a", false)]
    [InlineData("a/", false)]
    [InlineData("a//b", false)]
    [InlineData("a/../b", false)]
    [InlineData("A", false)]
    [InlineData("a b", false)]
    [InlineData("a/runs", false)]
    [InlineData("history", false)]
    [InlineData("runs/a", true)]
    public void Name_OfADefinition_IsCheckedPartByPart(string name, bool isRight) =>
        Assert.Equal(isRight, DefinitionName.FaultOf(name) is null);

    [Fact]
    public void Fill_OfAStoredPatternThatIsNoLongerAllowed_RefusesValuesButTakesTheDefault()
    {
        var spec = DefinitionSpecReader.ReadStored(
            """{"parameters":[{"name":"x","pattern":"((a|b){1,15}c?){1,15}","default":"ab"}],"task":{"argv":["a","${param.x}"]}}"""u8.ToArray());

        Assert.Equal(["a", "ab"], TaskOf(Fill(spec)).Argv);
        var errors = new SpecErrors();
        Assert.Null(DefinitionFilling.Fill(spec, RunOf(("x", "\"ab\"")), 0, errors, NoNodes));
        var fault = Assert.Single(errors.Items);
        Assert.Equal("parameters.x", fault.Path);
        Assert.Contains("store the definition again with another pattern", fault.Message, StringComparison.Ordinal);
    }

    private static string Hostile(Random random)
    {
        string[] pieces =
        [
            "'", "\"", "`", "$(id)", "${param.x}", "$PARAM_X", "\\", "\n", "\r\n", "\t", ";", "&&", "|", ">", "<", "*", "?", "[", "]", "{", "}", "!", "#", "~",
            " ", "%s", "%n", "\u0001", "\u007f", "\u0085", "\u2028", "\u202e", "é", "漢", "😀", "\ufeff", "--", "-rf", "/etc/passwd", "\\u0041", "</script>", "null",
        ];
        var value = new StringBuilder();
        for (var count = random.Next(0, 12); count > 0; count--)
            value.Append(random.Next(4) == 0 ? char.ConvertFromUtf32(random.Next(1, 0xD800)) : pieces[random.Next(pieces.Length)]);
        return value.ToString();
    }

    private static DefinitionSpec Read(string body)
    {
        var errors = new SpecErrors();
        var spec = DefinitionSpecReader.Read(Encoding.UTF8.GetBytes(body), 0, errors, NoNodes);
        Assert.True(spec is not null, errors.Malformed ?? string.Join("; ", errors.Items));
        return DefinitionSpecReader.ReadStored(spec.Body);
    }

    private static DefinitionRunSpec RunOf(params (string Name, string Json)[] values)
    {
        var errors = new SpecErrors();
        var run = DefinitionRunSpec.Read(
            Encoding.UTF8.GetBytes("{\"parameters\":{" + string.Join(',', values.Select(static one => $"\"{one.Name}\":{one.Json}")) + "}}"), errors);
        return run ?? throw new InvalidOperationException(errors.Malformed ?? errors.Items[0].ToString());
    }

    private static FilledTarget Fill(DefinitionSpec spec, params (string Name, string Json)[] values)
    {
        var errors = new SpecErrors();
        var filled = DefinitionFilling.Fill(spec, RunOf(values), 0, errors, NoNodes);
        Assert.True(filled is not null, string.Join("; ", errors.Items));
        return filled;
    }

    private static IEnumerable<string> FaultsOf(DefinitionSpec spec, params (string Name, string Json)[] values)
    {
        var errors = new SpecErrors();
        Assert.Null(DefinitionFilling.Fill(spec, RunOf(values), 0, errors, NoNodes));
        return errors.Items.Select(static error => error.Path).Distinct();
    }

    // Returns what is at a place: names of fields and indexes, with spaces between them.
    private static JsonElement At(JsonElement root, string place) => place.Split(' ').Aggregate(
        root, static (one, step) => one.ValueKind == JsonValueKind.Array
            ? one[int.Parse(step, CultureInfo.InvariantCulture)] : one.GetProperty(step));

    private static TaskSpec TaskOf(FilledTarget filled)
    {
        var errors = new SpecErrors();
        var task = TaskSpecReader.Read(filled.Body, 0, errors, out _);
        Assert.True(task is not null, string.Join("; ", errors.Items));
        return task;
    }
}
