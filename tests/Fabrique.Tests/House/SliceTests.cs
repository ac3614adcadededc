using System.Reflection;
using System.Text.RegularExpressions;
using Fabrique.Portal;
using Fabrique.Runner;
using Fabrique.Site;
using Fabrique.Site.Layout;
using Microsoft.AspNetCore.Components;

namespace Fabrique.Tests;

/// <summary>An area of the portal is a folder that uses no other area: it could leave the repository with its service.</summary>
public sealed class SliceTests
{
    private static readonly string Root = Path.Combine(Checkout.Root(), "services", "portal");

    // What every slice may use.
    private static readonly string[] Shared = ["Common", "Maps"];

    private static readonly string[] Slices =
    [
        .. Directory
            .EnumerateDirectories(Root)
            .Select(folder => Path.GetFileName(folder))
            .Where(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "_Imports.razor").Any()),
    ];

    private static readonly ILookup<string, string> Types = typeof(Hosting)
        .Assembly.GetTypes()
        .Where(type => !type.IsNested && type.Namespace?.StartsWith("Fabrique.Portal.", StringComparison.Ordinal) == true)
        .ToLookup(type => type.Namespace!.Split('.')[2], type => type.Name);

    [Fact]
    public void A_slice_uses_no_other_slice()
    {
        Assert.NotEmpty(Strangers("Practices", "@using Fabrique.Portal.Memberships"));
        Assert.NotEmpty(Strangers("Practices", "var label = Memberships.MembershipWords.Of(status);"));
        Assert.Empty(Strangers("Practices", "@using Fabrique.Portal.Maps\n@inject PracticeService.PracticeServiceClient Practices"));
        Assert.Contains("Practices", Slices);

        foreach (var slice in Slices.Except(Shared))
        {
            var files = Directory
                .EnumerateFiles(Path.Combine(Root, slice), "*.*", SearchOption.AllDirectories)
                .Where(file => Path.GetExtension(file) is ".cs" or ".razor");
            Assert.Empty(files.SelectMany(file => Strangers(slice, File.ReadAllText(file)).Select(other => $"{file} uses {other}")));
        }

        static IEnumerable<string> Strangers(string slice, string source) =>
            Slices
                .Except([.. Shared, slice])
                .Where(other =>
                    Regex.IsMatch(source, $@"Fabrique\.Portal\.{other}\b")
                    || Regex.IsMatch(source, $@"(?<![\w.]){other}\.({string.Join('|', Types[other].Select(Regex.Escape))})\b")
                );
    }

    [Fact]
    public void What_no_area_owns_is_small()
    {
        Assert.InRange(Directory.EnumerateFiles(Root, "*.cs").Count(), 1, 3);
        Assert.Empty(Directory.EnumerateFiles(Root, "*.razor"));
        Assert.All(Slices, slice => Assert.InRange(Directory.EnumerateFiles(Path.Combine(Root, slice)).Count(), 1, 50));
    }

    [Fact]
    public void Every_area_is_known_to_the_header_and_stands_in_the_folder_of_its_name()
    {
        Assert.Equal(AreaSign.All, Areas.All.Select(area => area.Sign));
        Assert.All(Areas.All, area =>
            Assert.Equal(area.Sign.Name, area.GetType().Namespace!.Split('.')[^1], StringComparer.OrdinalIgnoreCase)
        );
        Assert.All(Areas.All.SelectMany(area => area.Parts), part => Assert.True(part.Component.IsAssignableTo(typeof(IComponent))));
    }

    [Fact]
    public void The_pages_of_an_area_have_its_style_sheet_where_there_is_one()
    {
        var pages = typeof(Hosting).Assembly.GetTypes().Where(type => type.GetCustomAttributes<RouteAttribute>().Any()).ToList();
        foreach (var area in Areas.All)
        {
            var sheet = $"{area.Sign.Name}.css";
            var expected = File.Exists(Path.Combine(Root, "wwwroot", sheet)) ? sheet : null;
            Assert.All(pages.Where(page => page.Namespace == area.GetType().Namespace), page =>
                Assert.Equal(expected, page.GetCustomAttribute<StyleSheetAttribute>()?.File)
            );
        }
    }
}
