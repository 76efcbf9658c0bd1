using System.Globalization;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Tests.Processes.Users;

/// <summary>What <c>--run-as-range</c> takes.</summary>
public sealed class UserRangeTests
{
    [Theory]
    [InlineData("1000-1001", 1)]
    [InlineData("300000-300999", 999)]
    [InlineData("2147418112-2147483647", 65_535)]
    public void Parse_ARange_HasANumberLessForTasks(string text, int numbers) =>
        Assert.Equal(numbers, UserRange.Parse(text, "setpriv")?.TaskNumbers);

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("300000")]
    [InlineData("300000-")]
    [InlineData("-300000")]
    [InlineData("300000-300000")]
    [InlineData("300999-300000")]
    [InlineData("0-300999")]
    [InlineData("999-1999")]
    [InlineData("300000-+300999")]
    [InlineData("300000 - 300999")]
    [InlineData("300000-300999-301999")]
    [InlineData("300000-365536")]
    [InlineData("2147483000-2147483648")]
    [InlineData("4294966000-4294967295")]
    [InlineData("300000-4295267295")]
    [InlineData("daemon-nobody")]
    public void Parse_NoRange_IsNull(string text) => Assert.Null(UserRange.Parse(text, "setpriv"));

    [Fact]
    public void CheckRoomFor_FewerThanFourNumbersASlot_IsRefusedAndSaysHowManyItTakes()
    {
        var range = UserRange.Parse("300000-300008", "setpriv")!;
        range.CheckRoomFor(2);

        var refusal = Assert.Throws<RunAsException>(() => range.CheckRoomFor(3));

        Assert.Equal("--run-as-range 300000-300008 has 8 numbers for tasks, too few for --slots 3. Give at least 13 numbers: "
            + "4 per slot, and one for reading files.", refusal.Message);
    }

    [Fact]
    public void CheckNobodyHas_AUserOfTheMachine_IsRefusedAndNamed()
    {
        var nobody = UserDatabase.Find("nobody")!.Value.Uid;

        var refusal = Assert.Throws<RunAsException>(() => UserRange.Parse($"{nobody - 5}-{nobody + 5}", "setpriv")!.CheckNobodyHas([]));

        Assert.Contains("'nobody'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FindHolder_OfThisMachine_FindsUsersAndGroups()
    {
        // Every system has groups whose number no user has.
        var users = File.ReadLines("/etc/passwd").Select(static line => line.Split(':')[2]).ToHashSet();
        var group = File.ReadLines("/etc/group").Select(static line => line.Split(':')).First(fields => !users.Contains(fields[2]));

        Assert.Equal("the user 'root'", UserDatabase.FindHolder(0));
        Assert.Equal($"the group '{group[0]}'", UserDatabase.FindHolder(uint.Parse(group[2], CultureInfo.InvariantCulture)));
        Assert.Null(UserDatabase.FindHolder(1_999_999_999));
    }

    [Theory]
    [InlineData("299000:1000", false)]
    [InlineData("299000:1001", true)]
    [InlineData("300500:1", true)]
    [InlineData("300999:65536", true)]
    [InlineData("301000:65536", false)]
    public void CheckNobodyHas_NumbersOfAContainersUser_AreRefused(string numbers, bool overlaps)
    {
        var range = UserRange.Parse("300000-300999", "setpriv")!;
        var subordinates = SubordinateRange.Read("/etc/subuid", ["# who:first:count", "", $"alice:{numbers}"]).ToArray();
        Assert.Single(subordinates);

        var refusal = Record.Exception(() => range.CheckNobodyHas(subordinates));

        if (overlaps) Assert.Contains("/etc/subuid gives", Assert.IsType<RunAsException>(refusal).Message, StringComparison.Ordinal);
        else Assert.Null(refusal);
    }

    [Fact]
    public void FindRange_NotRoot_IsRefused()
    {
        if (Environment.UserName == "root") return;

        var refusal = Assert.Throws<RunAsException>(static () => RunAsUser.FindRange("300000-300999"));

        Assert.StartsWith("--run-as-range requires root", refusal.Message);
    }

    [Fact]
    [Trait("Needs", "root")]
    public void FindRange_TheReader_IsTheFirstNumber()
    {
        Assert.SkipUnless(Environment.UserName == "root", "needs root");

        var reader = RunAsUser.FindRange("1900000000-1900000010");

        Assert.Equal((1_900_000_000u, "--run-as-range", false), (reader.Uid, reader.Option, reader.IsOfOneTask));
        Assert.Throws<ArgumentOutOfRangeException>(() => reader.Range!.OfTask(reader.Uid));
    }
}
