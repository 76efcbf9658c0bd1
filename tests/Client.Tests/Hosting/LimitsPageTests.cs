using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Tests.Hosting;

/// <summary>docs/limits.md, <see cref="ServiceLimits"/> and what the gateway answers name the same bounds.</summary>
public sealed class LimitsPageTests
{
    // What a row says beyond the list is for people.
    [Fact]
    public void Page_HasARowForEachLimit_InOrder_AndNoOther()
    {
        var rows = Rows();

        Assert.Equal(ServiceLimits.All.Select(static limit => limit.Name), rows.Select(static row => row[0]));
        foreach (var (limit, row) in ServiceLimits.All.Zip(rows))
        {
            Assert.Equal([limit.Name, limit.Default, limit.Option], row[..3]);
            Assert.StartsWith(limit.Answer, row[3], StringComparison.Ordinal);
            Assert.Equal(limit.Metric, row[4]);
        }
    }

    [Fact]
    public void Number_IsInARowOfTheList()
    {
        var fields = typeof(ServiceLimits).GetFields(BindingFlags.Public | BindingFlags.Static);
        foreach (var number in fields.Where(static one => one.IsLiteral))
        {
            var value = Convert.ToInt64(number.GetRawConstantValue(), CultureInfo.InvariantCulture);
            string[] forms = [ServiceLimits.Count(value), $"{value >> 10} KiB", $"{value >> 20} MiB", $"{value >> 30} GiB"];
            Assert.True(
                ServiceLimits.All.Any(limit =>
                    forms.Any(form => Holds(limit.Default, form) || Holds(limit.Option, form))),
                $"{number.Name} is in no row");
        }

        // Not as a part of a longer number.
        static bool Holds(string text, string number) => Regex.IsMatch(text, $@"(^|[ ,])(?<!\d,){number}($|[ ,](?!\d))");
    }

    [Fact]
    public void Problem_ThatABoundCauses_IsNamedByALimit()
    {
        var problems = typeof(Problems).GetMethods(BindingFlags.Public | BindingFlags.Static)
            .Where(static method => method.ReturnType == typeof(Problem)
                && method.GetParameters().All(static one => one.ParameterType is { IsValueType: true } || IsText(one)))
            .Select(static method => (Problem)method.Invoke(null, [.. method.GetParameters().Select(ValueFor)])!)
            .Where(static problem => problem.Status is 408 or 413 or 429 or 503
                || problem.Code.StartsWith("too-many-", StringComparison.Ordinal))
            .ToArray();

        Assert.Contains(problems, static problem => problem.Code == "queue-full");
        Assert.All(problems, static problem => Assert.Contains(
            ServiceLimits.All,
            limit => limit.Answer.StartsWith($"{problem.Status} `{problem.Code}`", StringComparison.Ordinal)));

        static object? ValueFor(ParameterInfo parameter) =>
            IsText(parameter) ? "x" : Activator.CreateInstance(parameter.ParameterType);

        static bool IsText(ParameterInfo parameter) => parameter.ParameterType == typeof(string);
    }

    private static string[][] Rows()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "OrleansTasks.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return [.. File.ReadLines(Path.Combine(folder, "docs", "limits.md"))
            .Where(static line => line.StartsWith("| ", StringComparison.Ordinal)
                && !line.StartsWith("| what |", StringComparison.Ordinal)
                && !line.StartsWith("| --- ", StringComparison.Ordinal))
            .Select(static line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))];
    }
}
