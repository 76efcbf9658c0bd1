using System.Collections;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace OrleansTasks.Grains.Tests.Contracts;

/// <summary>Every message through Orleans' own serializer and back.</summary>
public sealed class OrleansRoundTripTests
{
    // One for all messages: to make it takes longer than to send a hundred of them.
    private static readonly Serializer Serializer =
        new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>();
    private int mostBytes = 40;

    public static TheoryData<string> Messages => [.. Contract.Messages.Select(static message => message.FullName!)];

    [Theory]
    [MemberData(nameof(Messages))]
    public void Message_ThereAndBack_IsTheSame(string name)
    {
        var message = Contract.Messages.Single(type => type.FullName == name);
        foreach (var seed in Enumerable.Range(0, 20))
        {
            var sent = Sample(message, new Random(seed), 0)!;
            var received = Serializer.Deserialize<object>(Serializer.SerializeToArray(sent))!;
            Assert.Equal(message, received.GetType());
            Assert.Equal(Text(sent), Text(received));
        }
    }

    /// <summary>Orleans writes bytes that equal earlier ones of the same message as a reference, and must read them again.</summary>
    [Theory]
    [MemberData(nameof(Messages))]
    public void Message_TwiceWithEmptyBytes_IsTheSame(string name)
    {
        var message = Contract.Messages.Single(type => type.FullName == name);
        mostBytes = 0;
        foreach (var seed in Enumerable.Range(0, 20))
        {
            object[] sent = [Sample(message, new Random(seed), 0)!, Sample(message, new Random(seed), 0)!];
            var received = Serializer.Deserialize<object[]>(Serializer.SerializeToArray(sent))!;
            Assert.Equal(sent.Select(Text), received.Select(Text));
        }
    }

    private object? Sample(Type type, Random random, int depth)
    {
        if (Nullable.GetUnderlyingType(type) is { } present)
            return random.Next(3) == 0 ? null : Sample(present, random, depth);
        if (type == typeof(string))
            return string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => random.Next(2) == 0 ? "é" : "x"));
        if (type == typeof(ReadOnlyMemory<byte>))
        {
            if (mostBytes == 0)
                return ReadOnlyMemory<byte>.Empty;
            var bytes = new byte[random.Next(mostBytes)];
            random.NextBytes(bytes);
            return new ReadOnlyMemory<byte>(bytes);
        }

        if (type == typeof(bool))
            return random.Next(2) == 0;
        if (type == typeof(double))
            return random.NextDouble();
        if (type.IsEnum)
            return Enum.GetValues(type).GetValue(random.Next(Enum.GetValues(type).Length));
        if (type.IsPrimitive)
            return Convert.ChangeType(random.Next(type == typeof(byte) ? 256 : int.MaxValue), type, CultureInfo.InvariantCulture);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>))
            return Many(type.GenericTypeArguments[0], random, depth);
        if (type.IsAssignableTo(typeof(Exception)))
            return Activator.CreateInstance(type, $"because of {random.Next()}");
        var constructor = type.GetConstructors().MaxBy(static candidate => candidate.GetParameters().Length)!;
        return constructor.Invoke([.. constructor.GetParameters().Select(parameter => Sample(parameter.ParameterType, random, depth + 1))]);
    }

    private object Many(Type item, Random random, int depth)
    {
        var items = Array.CreateInstance(item, depth > 3 ? 0 : random.Next(4));
        for (var i = 0; i < items.Length; i++)
            items.SetValue(Sample(item, random, depth + 1), i);
        var make = typeof(ImmutableArray).GetMethods().Single(static method => method.Name == nameof(ImmutableArray.Create)
            && method.GetParameters() is [{ ParameterType.IsArray: true }]);
        return make.MakeGenericMethod(item).Invoke(null, [items])!;
    }

    /// <summary>Everything in a value, written out.</summary>
    private static string Text(object? value) => value switch
    {
        null => "null",
        string text => $"'{text}'",
        ReadOnlyMemory<byte> bytes => Convert.ToHexString(bytes.Span),
        Exception fault => $"{fault.GetType()}: {fault.Message}",
        IEnumerable items => $"[{string.Join(",", items.Cast<object?>().Select(Text))}]",
        _ when Contract.Messages.Contains(value.GetType()) =>
            $"{{{string.Join(",", Contract.Members(value.GetType()).Select(member => $"{member.Name}:{Text(member.GetValue(value))}"))}}}",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
