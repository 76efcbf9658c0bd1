using System.Text;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Resources;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tests.Spec;

/// <summary>The field <c>resources</c> of a task, and how amounts are written.</summary>
public sealed class ResourceReaderTests
{
    [Theory]
    [InlineData("""{}""", "")]
    [InlineData("""{"cpu": 4}""", "cpu=4000")]
    [InlineData("""{"cpu": 0.001}""", "cpu=1")]
    [InlineData("""{"cpu": 2.125, "gpu": 2}""", "cpu=2125 gpu=2")]
    [InlineData("""{"memory": 1048576}""", "memory=1048576")]
    [InlineData("""{"memory": "8GiB"}""", "memory=8589934592")]
    [InlineData("""{"memory": "1024TiB"}""", "memory=1125899906842624")]
    [InlineData("""{"memory": "5"}""", "memory=5")]
    [InlineData("""{"zone_1-b": 1000000000, "license": 3}""", "license=3 zone_1-b=1000000000")]
    public void Read_Valid_IsAVector(string json, string expected) => Assert.Equal(expected, Read(json, out _)!.Resources.ToString());

    [Theory]
    [InlineData("""{"cpu": 0}""", "resources.cpu")]
    [InlineData("""{"cpu": 0.0001}""", "resources.cpu")]
    [InlineData("""{"cpu": -1}""", "resources.cpu")]
    [InlineData("""{"cpu": 100001}""", "resources.cpu")]
    [InlineData("""{"cpu": "4"}""", "resources.cpu")]
    [InlineData("""{"memory": 0}""", "resources.memory")]
    [InlineData("""{"memory": "8GB"}""", "resources.memory")]
    [InlineData("""{"memory": "1.5GiB"}""", "resources.memory")]
    [InlineData("""{"memory": "1025TiB"}""", "resources.memory")]
    [InlineData("""{"memory": "9223372036854775807TiB"}""", "resources.memory")]
    [InlineData("""{"memory": ""}""", "resources.memory")]
    [InlineData("""{"gpu": 1.5}""", "resources.gpu")]
    [InlineData("""{"gpu": 1025}""", "resources.gpu")]
    [InlineData("""{"license": 1000000001}""", "resources.license")]
    [InlineData("""{"license": null}""", "resources.license")]
    [InlineData("""{"License": 1}""", "resources.License")]
    [InlineData("""{"": 1}""", "resources.")]
    [InlineData("""{"a23456789012345678901234567890123": 1}""", "resources.a23456789012345678901234567890123")]
    [InlineData("""3""", "resources")]
    public void Read_Invalid_NamesTheResource(string json, string path)
    {
        Assert.Null(Read(json, out var errors));
        Assert.Equal(path, Assert.Single(errors.Items).Path);
    }

    [Theory]
    [InlineData("""{"cpu": 2, "pin": true}""", true)]
    [InlineData("""{"pin": true, "cpu": 1, "gpu": 1}""", true)]
    [InlineData("""{"cpu": 0.5, "pin": false}""", false)]
    [InlineData("""{"pin": false}""", false)]
    [InlineData("""{"cpu": 2}""", false)]
    public void Read_Pin_IsNoAmount(string json, bool pins)
    {
        var task = Read(json, out _)!;

        Assert.Equal((pins, 0), (task.Pins, task.Resources[ResourceName.Pin]));
        Assert.Equal(pins, task.Needs.HasFlag(Limits.Pins));
    }

    [Theory]
    [InlineData("""{"pin": true}""", "resources.pin")]
    [InlineData("""{"pin": true, "memory": 5}""", "resources.pin")]
    [InlineData("""{"cpu": 0.5, "pin": true}""", "resources.pin")]
    [InlineData("""{"cpu": 2.001, "pin": true}""", "resources.pin")]
    [InlineData("""{"cpu": 2, "pin": 1}""", "resources.pin")]
    [InlineData("""{"cpu": 2, "pin": "yes"}""", "resources.pin")]
    [InlineData("""{"cpu": 0, "pin": true}""", "resources.cpu")]
    public void Read_PinWithoutWholeCores_IsAFault(string json, string path)
    {
        Assert.Null(Read(json, out var errors));
        Assert.Equal(path, Assert.Single(errors.Items).Path);
    }

    [Fact]
    public void Job_Pin_IsAFault()
    {
        Assert.NotNull(ReadJob("""{"cpu": 1, "pin": false}""", out _));
        Assert.Null(ReadJob("""{"cpu": 1, "pin": true}""", out var errors));
        Assert.Equal("resources.pin", Assert.Single(errors.Items).Path);
    }

    [Fact]
    public void Read_TooMany_IsAFault()
    {
        var names = string.Join(',', Enumerable.Range(0, 17).Select(static i => $"\"r{i}\": 1"));
        Assert.Null(Read($"{{{names}}}", out var errors));
        Assert.Equal("resources", Assert.Single(errors.Items).Path);
    }

    [Fact]
    public void Memory_WithoutALimit_IsTheLimit()
    {
        Assert.Equal(8L << 30, Read("""{"memory": "8GiB"}""", out _)!.Limits.MemoryBytes);
        Assert.Null(Read("""{"cpu": 1}""", out _)!.Limits.MemoryBytes);
        Assert.Equal(5, Read("""{"memory": "8GiB"}""", out _, """, "limits": {"memoryBytes": 5}""")!.Limits.MemoryBytes);
    }

    [Fact]
    public void Job_Gpu_IsAFault()
    {
        Assert.Equal("cpu=500 license=1", ReadJob("""{"cpu": 0.5, "license": 1}""", out _)!.Resources.ToString());
        Assert.Null(ReadJob("""{"gpu": 1}""", out var errors));
        Assert.Equal("resources.gpu", Assert.Single(errors.Items).Path);
    }

    [Theory]
    [InlineData("cpu", 4_000, "4")]
    [InlineData("cpu", 1, "0.001")]
    [InlineData("memory", 8L << 30, "8GiB")]
    [InlineData("memory", (8L << 30) + 1, "8589934593")]
    [InlineData("memory", 3L << 10, "3KiB")]
    [InlineData("gpu", 2, "2")]
    public void Format_OfAnAmount_IsReadAsTheSame(string name, long amount, string text)
    {
        Assert.Equal(text, ResourceForms.Format(name, amount));
        Assert.True(ResourceForms.TryParse(name, text, out var read));
        Assert.Equal(amount, read);
    }

    [Fact]
    public void Vector_Sums_AreExact()
    {
        var (one, two) = (ResourceVector.Parse("cpu=1500 gpu=1"), ResourceVector.Parse("cpu=3000 memory=7"));

        Assert.Equal(ResourceVector.Parse("cpu=4500 gpu=1 memory=7"), one.Plus(two));
        Assert.Equal(two, two.Plus(one, 2).Plus(one, -2));
        Assert.True(ResourceVector.None.FitsIn(one));
        Assert.False(one.FitsIn(two));
        Assert.Equal(2, ResourceVector.Parse("cpu=1500").TimesIn(two));
        Assert.Equal(0, one.TimesIn(two));
        Assert.Equal(one, ResourceVector.Parse(one.ToString()));
    }

    private static JobSpec? ReadJob(string resources, out SpecErrors errors)
    {
        errors = new SpecErrors();
        return JobSpecReader.Read(Encoding.UTF8.GetBytes(
            $$$"""{"source": {"range": {"from": 0, "to": 9}}, "process": {"builtin": "identity"}, "resources": {{{resources}}}}"""), errors);
    }

    private static TaskSpec? Read(string resources, out SpecErrors errors, string more = "")
    {
        errors = new SpecErrors();
        return TaskSpecReader.Read(Encoding.UTF8.GetBytes($$"""{"cmd": "true", "resources": {{resources}}{{more}}}"""), 0, errors, out _);
    }
}
