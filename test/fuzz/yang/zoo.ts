/** A module in which every built-in type and every kind of constraint occurs, and one that adds to it. */
export const ZOO_YANG = `module zoo {
  yang-version 1.1; namespace "urn:zoo"; prefix z;
  feature night;
  identity animal; identity bird { base animal; } identity owl { base bird; base nocturnal; } identity nocturnal;
  typedef percent { type decimal64 { fraction-digits 2; range "0..100"; } units "%"; default 50; }
  typedef tag { type string { length "1..8"; pattern "[a-z][a-z0-9\\\\-]*"; pattern ".*--.*" { modifier invert-match; } } }
  typedef name-of-cage { type leafref { path "/z:zoo/z:cage/z:name"; } }
  grouping place { leaf row { type uint8; } leaf seat { type int16 { range "-5..-1 | 1..5"; } must ". != 3 or ../row"; } }
  container zoo {
    must "count(cage) <= 20" { error-app-tag "too-many-cages"; }
    leaf i8 { type int8; } leaf i16 { type int16; } leaf i32 { type int32; } leaf i64 { type int64; }
    leaf u8 { type uint8; } leaf u16 { type uint16; } leaf u32 { type uint32; } leaf u64 { type uint64; }
    leaf full { type percent; } leaf fine { type decimal64 { fraction-digits 18; } }
    leaf label { type tag; } leaf text { type string; } leaf open { type boolean; default true; }
    leaf colour { type enumeration { enum red; enum green { value 7; } enum blue { value -2; } } }
    leaf days { type bits { bit mon; bit tue { position 9; } bit sun { position 200; } } }
    leaf raw { type binary { length "0..9"; } }
    leaf closed { type empty; must "not(../open = 'true')"; }
    leaf kind { type identityref { base animal; } }
    leaf star { type leafref { path "../cage/name"; } }
    leaf star-size { type leafref { path "../cage[name = current()/../star]/size"; require-instance false; } }
    leaf where { type instance-identifier { require-instance false; } }
    leaf there { type instance-identifier; }
    leaf mixed { type union {
      type uint8 { range "10..20"; } type enumeration { enum none; enum all; } type bits { bit a; bit b; }
      type identityref { base bird; } type instance-identifier { require-instance false; } type boolean;
      type name-of-cage; type decimal64 { fraction-digits 3; } type binary { length 4; } type string { length "3..5"; } } }
    leaf-list words { type tag; min-elements 0; max-elements 5; }
    leaf-list order { type int32; ordered-by user; default 3; default 4; }
    list cage {
      key "name"; unique "size place/row"; max-elements 12;
      leaf name { type tag; } leaf size { type uint16; default 4; }
      container place { uses place; }
      leaf guest { when "../size > 5"; type identityref { base animal; } }
      list feeding { key "hour kind"; ordered-by user; leaf kind { type identityref { base animal; } }
        leaf hour { type uint8 { range "0..23"; } } leaf grams { type uint32; mandatory true; } }
      leaf state { config false; type string; }
      action clean { input { leaf soap { type percent; mandatory true; } } output { leaf water { type uint64; } } }
      notification escape { leaf hole { type uint8; } }
    }
    choice gate { default simple;
      case simple { leaf key-number { type uint32; } }
      case complex { container lock { presence "there is one"; leaf bolts { type uint8; mandatory true; } } leaf guard { type string; } }
      leaf no-gate { type empty; } }
    container night { if-feature night; when "../open = 'false' or derived-from-or-self(../kind, 'z:nocturnal')"; leaf moon { type percent; }
      must "re-match(string(moon), '[0-9.]*') and string-length(../text) < 100"; }
    anydata notes; anyxml scrap;
    list visit { config false; leaf at { type uint64; } leaf by { type string; } }
  }
  rpc feed { input { leaf cage { type name-of-cage; mandatory true; } leaf-list food { type string; } } output { leaf eaten { type percent; } } }
  notification thunder { leaf volume { type uint8; mandatory true; } container near { leaf cage { type name-of-cage; } } }
}`;

export const ANNEX_YANG = `module annex {
  yang-version 1.1; namespace "urn:annex"; prefix a; import zoo { prefix z; }
  identity bat { base z:animal; base z:nocturnal; }
  augment "/z:zoo/z:cage" { when "z:size >= 2"; leaf heated { type boolean; } container pool { leaf depth { type z:percent; must "../../z:size > 2"; } } }
  augment "/z:zoo" { leaf size { type uint8; } list size-of { key z; leaf z { type string; } } }
}`;
