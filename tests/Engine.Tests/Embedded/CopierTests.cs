using System.Collections.Immutable;
using Orleans.Serialization;
using OrleansTasks.Engine.Embedded;

namespace OrleansTasks.Engine.Tests;

/// <summary>Which values are passed as they are, which are copied, and which are refused.</summary>
public sealed class CopierTests
{
    [Theory]
    [InlineData(typeof(int), true)]
    [InlineData(typeof(string), true)]
    [InlineData(typeof(DayOfWeek), true)]
    [InlineData(typeof(Guid?), true)]
    [InlineData(typeof(ImmutableArray<string>), true)]
    [InlineData(typeof(ReadOnlyMemory<byte>), true)]
    [InlineData(typeof((int, string)), true)]
    [InlineData(typeof(FixedMessage), true)]
    [InlineData(typeof(FixedTree), true)]
    [InlineData(typeof(FixedStruct), true)]
    [InlineData(typeof(MutableMessage), false)]
    [InlineData(typeof(HoldsMutable), false)]
    [InlineData(typeof(OpenRecord), false)]
    [InlineData(typeof(ImmutableArray<MutableMessage>), false)]
    [InlineData(typeof(List<int>), false)]
    [InlineData(typeof(int[]), false)]
    [InlineData(typeof(object), false)]
    [InlineData(typeof(IReadOnlyList<int>), false)]
    public void Type_IsImmutable(Type type, bool expected) => Assert.Equal(expected, Immutability.IsCertain(type));

    [Fact]
    public void ImmutableValue_IsPassedAsItIs()
    {
        var tree = new FixedTree(1, new FixedTree(2, null));
        Assert.Same(tree, Copier.Copy(tree));
    }

    [Fact]
    public void RecordWithMutableMember_IsCopiedWithIt()
    {
        var original = new HoldsMutable(3, new MutableMessage { Numbers = [1] });
        var copy = Assert.IsType<HoldsMutable>(Copier.Copy(original));
        Assert.NotSame(original, copy);
        Assert.NotSame(original.Message, copy.Message);
        Assert.Equal(3, copy.Number);
        Assert.Equal([1], copy.Message.Numbers);
    }

    [Fact]
    public void MembersWithoutId_DoNotTravel()
    {
        var copy = (Partial)Copier.Copy(new Partial { Sent = [1], Kept = "mine" })!;
        Assert.Equal([1], copy.Sent);
        Assert.Null(copy.Kept);
    }

    [Fact]
    public void SharedAndCyclicReferences_StaySo()
    {
        var message = new MutableMessage { Text = "self" };
        message.Inner = message;
        var copy = (MutableMessage)Copier.Copy(message)!;
        Assert.NotSame(message, copy);
        Assert.Same(copy, copy.Inner);
        var pair = (List<MutableMessage>)Copier.Copy(new List<MutableMessage> { message, message })!;
        Assert.Same(pair[0], pair[1]);
    }

    [Fact]
    public void Collections_AreCopiedDeep()
    {
        var message = new MutableMessage { Text = "in" };
        var map = new Dictionary<string, MutableMessage[]>(StringComparer.OrdinalIgnoreCase) { ["A"] = [message] };
        var copy = (Dictionary<string, MutableMessage[]>)Copier.Copy(map)!;
        Assert.NotSame(message, copy["a"][0]);
        Assert.Equal("in", copy["a"][0].Text);
        var tuple = ((int, List<int>))Copier.Copy((1, new List<int> { 2 }))!;
        Assert.Equal([2], tuple.Item2);
        var array = (ImmutableArray<MutableMessage>)Copier.Copy(ImmutableArray.Create(message))!;
        Assert.NotSame(message, array[0]);
    }

    [Fact]
    public void UnsendableValue_IsRefusedWhereverItIs()
    {
        Assert.Throws<CodecNotFoundException>(() => Copier.Copy(new Unsendable()));
        Assert.Throws<CodecNotFoundException>(() => Copier.Copy(new List<object> { 1, new Unsendable() }));
        Assert.Throws<CodecNotFoundException>(() => Copier.Copy(new object[] { new Action(() => { }) }));
        Assert.Throws<CodecNotFoundException>(() => Copier.Copy(new DerivedFromUnsendable()));
    }

    [Fact]
    public void Exception_IsCopiedWithItsCausesAndData()
    {
        var original = Thrown(new RefusedException("no", 7) { Data = { ["key"] = "value" } });
        var outer = new InvalidOperationException("outer", original);
        var copy = Assert.IsType<InvalidOperationException>(Copier.CopyException(outer));
        var inner = Assert.IsType<RefusedException>(copy.InnerException);
        Assert.NotSame(original, inner);
        Assert.Equal(("no", 7, "value"), (inner.Message, inner.Code, inner.Data["key"]));
        Assert.Contains(nameof(Thrown), inner.StackTrace);
        inner.Data["key"] = "changed";
        Assert.Equal("value", original.Data["key"]);
    }

    [Fact]
    public void AggregateException_IsCopiedWithAll()
    {
        var original = new AggregateException("all", new InvalidOperationException("one"), new TimeoutException("two"));
        var copy = Assert.IsType<AggregateException>(Copier.CopyException(original));
        Assert.Equal(original.Message, copy.Message);
        Assert.Equal(["one", "two"], copy.InnerExceptions.Select(e => e.Message));
        Assert.NotSame(original.InnerExceptions[0], copy.InnerExceptions[0]);
    }

    private static Exception Thrown(Exception exception)
    {
        try
        {
            throw exception;
        }
        catch (Exception caught)
        {
            return caught;
        }
    }

    [GenerateSerializer]
    public sealed record FixedTree([property: Id(0)] int Number, [property: Id(1)] FixedTree? Left);

    [GenerateSerializer]
    public readonly record struct FixedStruct([property: Id(0)] int Number, [property: Id(1)] string Text);

    [GenerateSerializer]
    public sealed record HoldsMutable(int Number, MutableMessage Message);

    [GenerateSerializer]
    public record OpenRecord([property: Id(0)] int Number);

    [GenerateSerializer]
    public sealed class Partial
    {
        [Id(0)]
        public List<int> Sent { get; set; } = [];

        public string? Kept { get; set; }
    }

    public class UnsendableBase;

    [GenerateSerializer]
    public sealed class DerivedFromUnsendable : UnsendableBase
    {
        [Id(0)]
        public List<int> Sent { get; set; } = [];
    }
}
