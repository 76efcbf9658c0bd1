using System.Reflection;

namespace OrleansTasks.Grains.Tests.Contracts;

/// <summary>What every message and every grain interface must be, so that versions can differ and nothing is copied.</summary>
public sealed class MessageTests
{
    [Fact]
    public void Messages_AreSealedAndHaveAnAliasOfTheirOwn()
    {
        Assert.NotEmpty(Contract.Messages);
        Assert.All(Contract.Messages, static message => Assert.True(message.IsSealed, $"{message} is not sealed."));
        Assert.All(Contract.Messages, static message => Assert.True(
            Contract.AliasOf(message)?.StartsWith("ot.", StringComparison.Ordinal), $"{message} has no alias that begins with ot."));
        Assert.Empty(Contract.Messages.Concat(Contract.Grains).GroupBy(Contract.AliasOf).Where(static alias => alias.Count() > 1)
            .Select(static alias => $"{alias.Key} is the alias of {string.Join(" and ", alias)}"));
    }

    [Fact]
    public void Messages_AreImmutable()
    {
        foreach (var message in Contract.Messages.Where(static message => !message.IsAssignableTo(typeof(Exception))))
        {
            Assert.True(message.IsDefined(typeof(ImmutableAttribute)), $"{message} is not marked [Immutable].");
            foreach (var field in Fields(message))
                Assert.True(field.IsInitOnly, $"{message}: {field.Name} can be changed.");
        }
    }

    [Fact]
    public void Messages_NumberEveryMemberFromZeroWithoutAGap()
    {
        foreach (var message in Contract.Messages)
        {
            var members = Contract.Members(message);
            Assert.Equal(Enumerable.Range(0, members.Length), members.Select(static member => (int)member.GetCustomAttribute<IdAttribute>()!.Id));
            var sent = members.Select(static member => $"<{member.Name}>k__BackingField");
            var unsent = Fields(message).Select(static field => field.Name).Except(sent).ToArray();
            Assert.True(unsent.Length == 0, $"{message}: {string.Join(", ", unsent)} would not be sent, as there is no [Id].");
        }
    }

    [Fact]
    public void Messages_ConsistOfWhatIsImmutableAndKnown()
    {
        foreach (var message in Contract.Messages)
            foreach (var member in Contract.Members(message))
                Assert.True(Contract.IsSendable(member.PropertyType), $"{message}.{member.Name} is a {member.PropertyType}, which is no message.");
    }

    [Fact]
    public void Grains_HaveAliasesAndSendMessagesOnly()
    {
        Assert.NotEmpty(Contract.Grains);
        foreach (var grain in Contract.Grains)
        {
            Assert.True(Contract.AliasOf(grain)?.StartsWith("ot.", StringComparison.Ordinal), $"{grain} has no alias that begins with ot.");
            var methods = grain.GetMethods();
            Assert.All(methods, method => Assert.True(Contract.AliasOf(method) is { Length: > 0 }, $"{grain}.{method.Name} has no alias."));
            Assert.Equal(methods.Length, methods.Select(Contract.AliasOf).Distinct().Count());
            foreach (var method in methods)
                Assert.All(Contract.Types(method), type => Assert.True(Contract.IsSendable(type), $"{grain}.{method.Name} sends {type}."));
        }
    }

    [Fact]
    public void Messages_AreAllBesideTheInterfaces()
    {
        var others = typeof(TaskDispatcherGrain).Assembly.GetTypes().Where(static type => type.IsDefined(typeof(GenerateSerializerAttribute)));
        Assert.Empty(others);
    }

    private static IEnumerable<FieldInfo> Fields(Type message) =>
        message.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly);
}
