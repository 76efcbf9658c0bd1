using System.Text;
using System.Text.Json;
using OrleansTasks.Definitions;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tests.Spec;

/// <summary>Which lines of an output are choices, and what parameters do with them.</summary>
public sealed class PrintedChoicesTests
{
    private static readonly TaskId Id = new(1, 2);

    [Theory]
    [InlineData("", "")]
    [InlineData("\n\r\n\n", "")]
    [InlineData("a\nb\nc\n", "a|b|c")]
    [InlineData("a\r\nb\r\n", "a|b")]
    [InlineData("a\n\nb", "a|b")]
    [InlineData("b\na\nb\na\n", "b|a")]
    [InlineData(" a \n\tb\n", " a |\tb")]
    [InlineData("a\rb\n", "a\rb")]
    [InlineData("\u001b[31mred\n", "\u001b[31mred")]
    [InlineData("$(id)\n`id`\n'; rm -rf /\n\"q\"\n\\\n", "$(id)|`id`|'; rm -rf /|\"q\"|\\")]
    [InlineData("A\na\n\u00e9\ne\u0301\n", "A|a|\u00e9|e\u0301")]
    public void Of_Lines_KeepsEachOnceInOrder(string stdout, string expected)
    {
        var printed = Of(stdout);

        Assert.Equal(expected, string.Join('|', printed.Values));
        Assert.Equal((false, 0, Id, 7L), (printed.IsCut, printed.LeftOut, printed.Task, printed.At));
        Assert.Equal(expected.Length == 0, printed.Fault is not null);
    }

    [Fact]
    public void Of_LinesThatNoValueCanBe_LeavesThemOut()
    {
        byte[] stdout =
        [
            .. "a\n"u8, 0xff, 0xfe, (byte)'\n', .. "nul\0\n"u8, 0xed, 0xa0, 0x80, (byte)'\n',
            .. Encoding.UTF8.GetBytes(new string('x', ServiceLimits.ChoiceBytes + 1)), (byte)'\n',
            .. Encoding.UTF8.GetBytes(new string('y', ServiceLimits.ChoiceBytes)), (byte)'\n', .. "b"u8,
        ];

        var printed = PrintedChoices.Of("list", Id, 7, stdout, isWhole: true);

        Assert.Equal(["a", new string('y', ServiceLimits.ChoiceBytes), "b"], printed.Values);
        Assert.Equal((4, false), (printed.LeftOut, printed.IsCut));
    }

    [Fact]
    public void Of_OneLineThatDoesNotEnd_HasNoChoices()
    {
        var printed = PrintedChoices.Of("list", Id, 7, Encoding.UTF8.GetBytes(new string('x', ServiceLimits.ChoiceOutputBytes)), isWhole: false);

        Assert.Empty(printed.Values);
        Assert.True(printed.IsCut);
        Assert.Contains("printed no line that can be one", printed.FaultOf("x"), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_TheStartOfAnOutput_LeavesOutTheLineThatMayGoOn()
    {
        var printed = PrintedChoices.Of("list", Id, 7, "one\ntwo\nthr"u8, isWhole: false);

        Assert.Equal(["one", "two"], printed.Values);
        Assert.True(printed.IsCut);
        Assert.NotNull(printed.FaultOf("thr"));
    }

    [Theory]
    [InlineData(ServiceLimits.Choices, false)]
    [InlineData(ServiceLimits.Choices + 1, true)]
    [InlineData(1_000_000, true)]
    public void Of_ManyLines_KeepsTheFirst(int count, bool isCut)
    {
        var lines = Enumerable.Range(0, count).Select(static one => $"line {one}").ToArray();
        // Repeated lines need no room.
        var printed = Of(string.Join('\n', lines.Take(ServiceLimits.Choices).Concat(lines)) + "\n");

        Assert.Equal(lines.Take(ServiceLimits.Choices), printed.Values);
        Assert.Equal(isCut, printed.IsCut);
        Assert.Null(printed.FaultOf("line 999"));
        Assert.StartsWith("must be one of line 0, line 1, ", printed.FaultOf("line 1000"), StringComparison.Ordinal);
        Assert.EndsWith(", …, which the definition 'list' printed last", printed.FaultOf("line 1000"), StringComparison.Ordinal);
    }

    [Fact]
    public void Fill_WithAPrintedChoice_GivesItToTheTaskByteForByte()
    {
        string[] hostile = ["a b", "$(touch /tmp/x)", "`id`", "'\"\\", "--help", "${param.x}", "\u001b]0;x\u0007", "\t", "é\u0301 \ud83d\ude00", "a\rb"];
        var book = new DefinitionBook();
        book.Offer(Of(string.Join('\n', hostile)));
        var spec = Read("""{"parameters":[{"name":"x","type":"choice","choicesFrom":"list"}],"task":{"argv":["printf","%s","${param.x}"]}}""");
        foreach (var value in hostile)
        {
            var (body, faults) = Fill(spec, book, value);

            Assert.Equal([], faults);
            var task = TaskSpecReader.Read(body!, 0, new SpecErrors(), out _)!;
            Assert.Equal(["printf", "%s", value], task.Argv);
            Assert.Equal([("PARAM_X", value)], task.Env.Select(static one => (one.Name, one.Value)));
        }

        Assert.StartsWith("parameters.x: must be one of a b, ", Assert.Single(Fill(spec, book, "a").Faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Fill_WithoutChoices_SaysWhatToDo()
    {
        var spec = Read("""{"parameters":[{"name":"x","type":"choice","choicesFrom":"list"}],"task":{"argv":["a","${param.x}"]}}""");
        (PrintedChoices? Printed, string Fault)[] cases =
        [
            (PrintedChoices.NotRun("list"), "parameters.x: has no choices yet: run the definition 'list' first, which prints them"),
            (PrintedChoices.NotStored("list"), "parameters.x: has no choices: the definition 'list', which prints them, is not stored"),
            (PrintedChoices.NotATask("list"), "parameters.x: has no choices: the definition 'list' starts no task that could print them"),
            (PrintedChoices.Gone("list", Id, 7),
                "parameters.x: has no choices: the output of the latest successful task of the definition 'list' is gone; run it again"),
            // A source that was not read must not let everything pass.
            (null, "parameters.x: has no choices: the definitions of a workflow take theirs from at most 16 others together"),
        ];
        foreach (var (printed, fault) in cases)
        {
            var book = new DefinitionBook();
            if (printed is not null)
                book.Offer(printed);

            Assert.Equal([fault], Fill(spec, book, "a").Faults);
            // Without a value nothing needs the choices.
            Assert.Equal([], Fill(spec, book, null).Faults);
        }
    }

    [Fact]
    public void Fill_WithADefaultThatIsNotPrinted_IsRefused()
    {
        var spec = Read("""{"parameters":[{"name":"x","type":"choice","choicesFrom":"list","default":"b"}],"task":{"argv":["a","${param.x}"]}}""");
        var (with, without) = (new DefinitionBook(), new DefinitionBook());
        with.Offer(Of("a\nb\n"));
        without.Offer(Of("a\n"));

        Assert.Equal([], Fill(spec, with, null).Faults);
        Assert.Equal(["parameters.x: has the default 'b', but must be one of a, which the definition 'list' printed last"], Fill(spec, without, null).Faults);
        Assert.Equal([], Fill(spec, without, "a").Faults);
    }

    [Fact]
    public void Fill_OfANode_ChecksItsValues_ButStoringTheWorkflowDoesNot()
    {
        var book = new DefinitionBook();
        Add(book);
        book.Offer(Of("a\n"));
        const string Flow = """{"workflow":{"nodes":[{"name":"n","definition":{"name":"use","parameters":{"x":"b"}}}]}}""";

        var faults = Fill(Read(Flow, Storing()), book, null, "y").Faults;

        Assert.Equal(["workflow.nodes[0].definition.parameters.x: must be one of a, which the definition 'list' printed last"], faults);
        Assert.Equal(["list"], book.ChoiceSources);

        static DefinitionBook Storing()
        {
            var storing = new DefinitionBook { ChecksChoices = false };
            Add(storing);
            return storing;
        }

        static void Add(DefinitionBook to) => to.Add(("use", null), new DefinitionView("use", 1, DefinitionKind.Task,
            """{"parameters":[{"name":"x","type":"choice","choicesFrom":"list"}],"task":{"argv":["a","${param.x}"]}}"""u8.ToArray(), 0));
    }

    [Theory]
    [InlineData("""{"name":"x","type":"choice","choicesFrom":"list","choices":["a"]}""", "parameters[0].choicesFrom")]
    [InlineData("""{"name":"x","choicesFrom":"list"}""", "parameters[0].choicesFrom")]
    [InlineData("""{"name":"x","type":"choice","choicesFrom":"List"}""", "parameters[0].choicesFrom")]
    [InlineData("""{"name":"x","type":"choice","choicesFrom":""}""", "parameters[0].choicesFrom")]
    [InlineData("""{"name":"x","type":"choice","choicesFrom":["list"]}""", "parameters[0].choicesFrom")]
    [InlineData("""{"name":"x","type":"choice","choicesFrom":"list","secret":true}""", "parameters[0].choicesFrom")]
    [InlineData("""{"name":"x","type":"choice","choicesFrom":"list","min":1}""", "parameters[0].min")]
    [InlineData("""{"name":"x","type":"choice","choicesfrom":"list"}""", "parameters[0].choicesfrom parameters[0].choices")]
    public void Read_WrongChoicesFrom_NamesTheField(string parameter, string paths)
    {
        var errors = new SpecErrors();

        Assert.Null(DefinitionSpecReader.ReadUnchecked(Encoding.UTF8.GetBytes($$$"""{"parameters":[{{{parameter}}}],"task":{"argv":["a"]}}"""), errors));

        Assert.Equal(paths.Split(' '), errors.Items.Select(static one => one.Path));
    }

    [Theory]
    [InlineData(ServiceLimits.ChoiceSources, true)]
    [InlineData(ServiceLimits.ChoiceSources + 1, false)]
    public void Read_ChoicesOfManyDefinitions_AreBounded(int count, bool isRead)
    {
        // Two parameters may take theirs from one definition.
        var parameters = Enumerable.Range(0, count).Append(0).Select(static (source, index) =>
            $$"""{"name":"p{{index}}","type":"choice","choicesFrom":"list{{source}}"}""");
        var errors = new SpecErrors();

        var spec = DefinitionSpecReader.ReadUnchecked(
            Encoding.UTF8.GetBytes($$$"""{"parameters":[{{{string.Join(',', parameters)}}}],"task":{"argv":["a"]}}"""), errors);

        Assert.Equal(isRead, spec is not null);
        Assert.Equal(isRead ? [] : ["parameters"], errors.Items.Select(static one => one.Path));
    }

    private static PrintedChoices Of(string stdout) => PrintedChoices.Of("list", Id, 7, Encoding.UTF8.GetBytes(stdout), isWhole: true);

    private static DefinitionSpec Read(string body, DefinitionBook? book = null)
    {
        var errors = new SpecErrors();
        var nodes = new NodeScope(book ?? new DefinitionBook { ChecksChoices = false }, ["own"]);
        var spec = DefinitionSpecReader.Read(Encoding.UTF8.GetBytes(body), 0, errors, nodes);
        Assert.True(spec is not null, errors.Malformed ?? string.Join("; ", errors.Items));
        return spec;
    }

    private static (byte[]? Body, string[] Faults) Fill(DefinitionSpec spec, DefinitionBook book, string? value, string name = "x")
    {
        var errors = new SpecErrors();
        var run = new DefinitionRunSpec(value is null ? [] : [(name, JsonSerializer.SerializeToElement(value))]);
        var target = DefinitionFilling.Fill(spec, run, 0, errors, new NodeScope(book, ["own"]));
        return (target?.Body, [.. errors.Items.Select(static one => $"{one.Path}: {one.Message}")]);
    }
}
