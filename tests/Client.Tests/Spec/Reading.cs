using System.Text;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tests.Spec;

internal static class Reading
{
    public const long Now = 1_800_000_000_000;

    public static (TaskSpec? Spec, SpecErrors Errors) Task(string json) => Task(Encoding.UTF8.GetBytes(json));

    public static (TaskSpec? Spec, SpecErrors Errors) Task(byte[] utf8)
    {
        var errors = new SpecErrors();
        return (TaskSpecReader.Read(utf8, Now, errors, out _), errors);
    }

    public static TaskSpec Valid(string json)
    {
        var (spec, errors) = Task(json);
        Assert.True(errors.IsEmpty, $"{json}: {errors.Malformed} {string.Join("; ", errors.Items)}");
        return spec!;
    }

    public static SpecError Invalid(string json)
    {
        var (spec, errors) = Task(json);
        Assert.Null(spec);
        Assert.Null(errors.Malformed);
        return Assert.Single(errors.Items);
    }
}
