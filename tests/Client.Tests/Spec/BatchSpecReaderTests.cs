using System.Text;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tests.Spec;

public sealed class BatchSpecReaderTests
{
    [Fact]
    public void Read_Batch_GivesEachSpecAndItsBytes()
    {
        var utf8 = Encoding.UTF8.GetBytes("""{"tasks":[{"cmd":"a"}, {"cmd":"b","secretEnv":{"S":"1"}}]}""");
        var specs = BatchSpecReader.Read(utf8, Reading.Now, new SpecErrors());

        Assert.NotNull(specs);
        Assert.Equal(["a", "b"], specs.Select(item => item.Spec.Cmd));
        Assert.Equal("""{"cmd":"a"}""", Encoding.UTF8.GetString(specs[0].Extent.CopySpec(utf8)));
        Assert.Equal("""{"cmd":"b"}""", Encoding.UTF8.GetString(specs[1].Extent.CopySpec(utf8)));
        Assert.Equal("""{"S":"1"}""", Encoding.UTF8.GetString(specs[1].Extent.CopySecrets(utf8)));
    }

    [Theory]
    [InlineData("""{"tasks":[{"cmd":"a"},{"cmd":""}]}""", "tasks[1].cmd")]
    [InlineData("""{"tasks":[{"cmd":"a"},{"cmd":"a","retry":{"backof":"1s"}}]}""", "tasks[1].retry.backof")]
    [InlineData("""{"tasks":[{"cmd":"a"},5]}""", "tasks[1]")]
    [InlineData("""{"tasks":[{"cmd":"a"},{"cmd":"a","queue":"other"}]}""", "tasks[1].queue")]
    [InlineData("""{"tasks":[]}""", "tasks")]
    [InlineData("""{"tasks":{}}""", "tasks")]
    [InlineData("""{}""", "tasks")]
    [InlineData("""[]""", "$")]
    [InlineData("""{"tasks":[{"cmd":"a"}],"task":1}""", "task")]
    public void Read_BadBatch_NamesTheIndex(string json, string path)
    {
        var errors = new SpecErrors();
        Assert.Null(BatchSpecReader.Read(Encoding.UTF8.GetBytes(json), Reading.Now, errors));
        Assert.Null(errors.Malformed);
        Assert.Equal(path, Assert.Single(errors.Items).Path);
    }

    [Theory]
    [InlineData(10_000, true)]
    [InlineData(10_001, false)]
    public void Read_ManyTasks_ObeysTheLimit(int count, bool allowed)
    {
        var tasks = string.Join(',', Enumerable.Repeat("""{"cmd":"x"}""", count));
        var specs = BatchSpecReader.Read(Encoding.UTF8.GetBytes($$"""{"tasks":[{{tasks}}]}"""), Reading.Now, new SpecErrors());
        Assert.Equal(allowed, specs is not null);
    }
}
